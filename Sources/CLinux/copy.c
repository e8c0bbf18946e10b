// Copying trees by descriptors: each name is opened in its own directory and not followed, so that whoever changes a tree
// meanwhile cannot lead the copy out of it.
#define _GNU_SOURCE
#include "copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

enum { DEPTH_LIMIT = 900 };  // directories: each takes two descriptors

static int failed(struct hw_copy *copy, const char *name) {
    int error = errno;
    if (!*copy->failed) snprintf(copy->failed, sizeof copy->failed, "%s", name);
    return -error;
}

static bool is_kernels(int directory) {
    struct statfs status;
    if (fstatfs(directory, &status)) return false;
    // proc, sysfs, devpts, both control group hierarchies, mqueue
    static const unsigned long kinds[] = {0x9fa0, 0x62656572, 0x1cd1, 0x63677270, 0x27e0eb, 0x19800202};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((unsigned long)status.f_type == kinds[i]) return true;
    return false;
}

static int attribute(struct hw_copy *copy, int file, const struct stat *status) {
    mode_t mode = status->st_mode & (copy->keeps_owner ? 07777 : 0777);
    uid_t uid = copy->keeps_owner ? status->st_uid : copy->uid;
    gid_t gid = copy->keeps_owner ? status->st_gid : copy->gid;
    struct timespec times[2] = {status->st_atim, status->st_mtim};
    return fchown(file, uid, gid) || fchmod(file, mode) || futimens(file, times) ? -1 : 0;
}

static int copy_bytes(struct hw_copy *copy, int from, int to) {
    static char buffer[1 << 16];
    while (true) {
        ssize_t moved = copy_file_range(from, NULL, to, NULL, 1 << 30, 0);
        if (moved < 0 && errno == EINTR) continue;
        if (moved > 0) { copy->bytes += moved; continue; }
        // 0 may also be what a file system of the kernel's answers; between others of different kinds it is an error.
        break;
    }
    for (ssize_t got; (got = read(from, buffer, sizeof buffer)) != 0;) {
        if (got < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        for (ssize_t sent = 0; sent < got;) {
            ssize_t count = write(to, buffer + sent, (size_t)(got - sent));
            if (count < 0 && errno != EINTR) return -1;
            if (count > 0) sent += count;
        }
        copy->bytes += got;
    }
    return 0;
}

static int copy_file(struct hw_copy *copy, int source, const struct stat *status, int to, const char *name) {
    struct stat there;
    if (fstatat(to, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(there.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    // A file that is mounted on its own, as /etc/hosts of a container, cannot be replaced and is written over.
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    if (unlinkat(to, name, 0) && errno != ENOENT && errno != EBUSY) return -1;
    int target = openat(to, name, flags | O_TRUNC, 0600);
    if (target < 0) return -1;
    int result = copy_bytes(copy, source, target) || attribute(copy, target, status) ? -1 : 0;
    int error = errno;
    close(target);
    errno = error;
    copy->files++;
    return result;
}

static int copy_link(struct hw_copy *copy, int from, const char *name, const struct stat *status, int to,
                     const char *new_name) {
    char target[PATH_MAX];
    ssize_t length = readlinkat(from, name, target, sizeof target - 1);
    if (length < 0) return -1;
    target[length] = 0;
    if (unlinkat(to, new_name, 0) && errno != ENOENT) return -1;
    if (symlinkat(target, to, new_name)) return -1;
    copy->files++;
    uid_t uid = copy->keeps_owner ? status->st_uid : copy->uid;
    gid_t gid = copy->keeps_owner ? status->st_gid : copy->gid;
    return fchownat(to, new_name, uid, gid, AT_SYMLINK_NOFOLLOW);
}

static int contents(struct hw_copy *copy, int from, int to, int depth);

static int copy_directory(struct hw_copy *copy, int source, const struct stat *status, int to, const char *name,
                          int depth) {
    bool is_new = mkdirat(to, name, 0700) == 0;
    if (!is_new && errno != EEXIST) return -1;
    int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (target < 0) return -1;
    int result = contents(copy, source, target, depth - 1);
    if (result == 0 && is_new) result = attribute(copy, target, status);
    int error = errno;
    close(target);
    errno = error;
    return result;
}

static int entry(struct hw_copy *copy, int from, const char *name, int to, const char *new_name, int depth) {
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW)) return failed(copy, name);
    if (S_ISLNK(status.st_mode))
        return copy_link(copy, from, name, &status, to, new_name) ? failed(copy, name) : 0;
    if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) {
        copy->left_out++;
        return 0;
    }
    int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    int source = openat(from, name, flags);
    if (source < 0) return failed(copy, name);
    int result = 0;
    // Asked again: the name may have been given to something else.
    if (fstat(source, &status)) {
        result = failed(copy, name);
    } else if (S_ISDIR(status.st_mode)) {
        if (depth == 0) {
            errno = ELOOP;
            result = failed(copy, name);
        } else if (is_kernels(source)) {
            copy->left_out++;
        } else {
            if (copy_directory(copy, source, &status, to, new_name, depth)) result = failed(copy, name);
        }
    } else if (S_ISREG(status.st_mode)) {
        if (copy_file(copy, source, &status, to, new_name)) result = failed(copy, name);
    } else {
        copy->left_out++;
    }
    close(source);
    return result;
}

static int contents(struct hw_copy *copy, int from, int to, int depth) {
    int listed = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = listed < 0 ? NULL : fdopendir(listed);
    if (!directory) {
        int error = errno;
        if (listed >= 0) close(listed);
        errno = error;
        return -1;
    }
    int result = 0;
    for (struct dirent *one; result == 0 && (one = readdir(directory));) {
        if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
        result = entry(copy, from, one->d_name, to, one->d_name, depth);
    }
    closedir(directory);
    if (result < 0) errno = -result;
    return result < 0 ? -1 : 0;
}

int hw_copy_entry(struct hw_copy *copy, int from, const char *name, int to, const char *new_name) {
    return entry(copy, from, name, to, new_name, DEPTH_LIMIT);
}

int hw_copy_contents(struct hw_copy *copy, int from, int to) {
    return contents(copy, from, to, DEPTH_LIMIT) ? failed(copy, ".") : 0;
}
