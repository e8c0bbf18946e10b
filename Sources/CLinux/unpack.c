// Shims for LinuxSystem's TreeBuilder.
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <locale.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include "container.h"
#include "unpack.h"

_Static_assert(HW_RESOLVE_NO_CROSSING == RESOLVE_NO_XDEV, "openat2.h");
_Static_assert(HW_RESOLVE_NO_MAGIC_LINKS == RESOLVE_NO_MAGICLINKS, "openat2.h");
_Static_assert(HW_RESOLVE_NO_LINKS == RESOLVE_NO_SYMLINKS, "openat2.h");
_Static_assert(HW_RESOLVE_IN_ROOT == RESOLVE_IN_ROOT, "openat2.h");

int hw_openat2(int directory, const char *path, int flags, mode_t mode, uint64_t resolve) {
    struct open_how how = {.flags = (uint64_t)(unsigned)flags, .mode = mode, .resolve = resolve};
    // EAGAIN: something was renamed meanwhile, and the kernel cannot tell whether the path stayed inside.
    for (int attempt = 0; attempt < 128; attempt++) {
        int result = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (result >= 0 || (errno != EAGAIN && errno != EINTR)) return result;
    }
    return -1;
}

int hw_set_attribute_of_entry(int directory, const char *name, const char *attribute, const void *value, size_t size) {
    char path[32 + 256];
    // lsetxattr has no variant that takes a directory (setxattrat is Linux 6.13).
    int length = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return lsetxattr(path, attribute, value, size, 0);
}

_Static_assert(HW_NODE_FIFO == S_IFIFO && HW_NODE_CHARACTER == S_IFCHR && HW_NODE_BLOCK == S_IFBLK, "stat.h");

int hw_make_node(int directory, const char *name, int kind, uint32_t major, uint32_t minor) {
    return mknodat(directory, name, (mode_t)kind | 0600, makedev(major, minor));
}

int hw_remove_entry(int directory, const char *name) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW)) return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(status.st_mode)) return unlinkat(directory, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
    char path[32 + 256];
    int length = snprintf(path, sizeof path, "/proc/self/fd/%d/%s", directory, name);
    if (length < 0 || (size_t)length >= sizeof path) return -ENAMETOOLONG;
    return hw_remove_tree(path);
}

int hw_use_utf8(void) {
    // Kept for the thread's life; C.UTF-8 is built into glibc.
    static __thread locale_t locale;
    if (!locale) locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!locale) return -1;
    uselocale(locale);
    return 0;
}
