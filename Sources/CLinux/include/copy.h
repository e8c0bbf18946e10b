// Copying files between two trees of which one may belong to a stranger: no link is followed, no device is opened.
#ifndef HAWSER_COPY_H
#define HAWSER_COPY_H
#include <stdbool.h>
#include <stdint.h>

/// How files are copied, what was copied, and what failed.
struct hw_copy {
    bool keeps_owner;      // else the copies are `uid`'s and `gid`'s, and have no set-id bits
    uint32_t uid, gid;
    int64_t bytes, files;
    int64_t left_out;      // devices, sockets and file systems of the kernel
    char failed[256];      // the name at which it failed
};

/// Copies what stands under a name of an open directory, with everything in it, to a name of another one; what stands there
/// is replaced, directories are joined. Returns 0 or -errno.
int hw_copy_entry(struct hw_copy *copy, int from, const char *name, int to, const char *new_name);
/// Copies everything in a directory into another one. Returns 0 or -errno.
int hw_copy_contents(struct hw_copy *copy, int from, int to);
#endif
