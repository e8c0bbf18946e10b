#ifndef HAWSER_CLINUX_H
#define HAWSER_CLINUX_H
#define _GNU_SOURCE
#include <netinet/in.h>
#include <net/if.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#endif
