#define _GNU_SOURCE
#include <netinet/in.h>
#include <net/if.h>
#include <seccomp.h>
