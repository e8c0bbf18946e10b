// What a directory of the root holds, copied into the file system that is mounted over it.
#define _GNU_SOURCE
#include "container_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_LIMIT = 64 };  // levels of directories; an image's have a dozen

static int copy_content(int from, int to, const char *name, mode_t mode) {
    int source = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int target = source < 0 ? -1 : openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 07777);
    ssize_t sent = target < 0 ? -1 : 1;
    while (sent > 0) sent = sendfile(target, source, NULL, 1 << 30);
    int error = errno;
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    errno = error;
    return (int)sent;
}

static int copy_link(int from, int to, const char *name) {
    char content[PATH_MAX];
    ssize_t length = readlinkat(from, name, content, sizeof content - 1);
    if (length < 0) return -1;
    content[length] = 0;
    return symlinkat(content, to, name);
}

static bool copy_entries(int from, int to, int depth);

static bool copy_entry(int from, int to, const char *name, int depth) {
    struct stat status;
    if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW)) return false;
    bool done;
    if (S_ISREG(status.st_mode)) done = copy_content(from, to, name, status.st_mode) == 0;
    else if (S_ISLNK(status.st_mode)) done = copy_link(from, to, name) == 0;
    else if (S_ISDIR(status.st_mode)) done = mkdirat(to, name, status.st_mode & 07777) == 0;
    else done = mknodat(to, name, status.st_mode, status.st_rdev) == 0;
    if (!done || fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)) return false;
    // The owner takes set-user-id bits away.
    if (!S_ISLNK(status.st_mode) && fchmodat(to, name, status.st_mode & 07777, 0)) return false;
    if (!S_ISDIR(status.st_mode)) return true;
    int source = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int target = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    done = source >= 0 && target >= 0 && copy_entries(source, target, depth);
    int error = errno;
    if (source >= 0) close(source);
    if (target >= 0) close(target);
    errno = error;
    return done;
}

static bool copy_entries(int from, int to, int depth) {
    if (depth == DEPTH_LIMIT) {
        errno = ELOOP;
        return false;
    }
    int listed = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = listed < 0 ? NULL : fdopendir(listed);
    if (!entries) return false;
    bool done = true;
    struct dirent *entry;
    while (done && (entry = readdir(entries)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) done = copy_entry(from, to, entry->d_name, depth + 1);
    int error = errno;
    closedir(entries);
    errno = error;
    return done;
}

bool hw_copy_up(struct hw_root *root, int below, const char *target) {
    int above = hw_open_inside(root->top, target, O_RDONLY | O_DIRECTORY);
    struct stat status;
    bool done = above >= 0 && fstat(below, &status) == 0 && fchmod(above, status.st_mode & 07777) == 0
        && fchown(above, status.st_uid, status.st_gid) == 0 && copy_entries(below, above, 0);
    if (!done) hw_root_failed(root, "copy what is below", target);
    if (above >= 0) close(above);
    return done;
}
