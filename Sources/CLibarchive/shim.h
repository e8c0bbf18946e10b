#define _GNU_SOURCE
#include <archive.h>
#include <archive_entry.h>
