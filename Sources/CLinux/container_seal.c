// A program that enters containers must not be opened for writing by them: /proc/PID/exe leads back to the file on the host.
// It is executed from a mount of its own on which nothing can be written, and to which nobody else has a path.
#define _GNU_SOURCE
#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

int hw_open_read_only(const char *path) {
    int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return -errno;
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY, .propagation = MS_PRIVATE};
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0) return tree;
    int error = errno;
    close(tree);
    return -error;
}

int hw_execute_again_read_only(char *const *arguments) {
    static const char own[] = "/proc/self/exe";
    struct statvfs status;
    if (statvfs(own, &status)) return -errno;
    if (status.f_flag & ST_RDONLY) return 0;
    int tree = hw_open_read_only(own);
    if (tree < 0) return tree;
    syscall(SYS_execveat, tree, "", arguments, environ, AT_EMPTY_PATH);
    int error = errno;
    close(tree);
    return -error;
}
