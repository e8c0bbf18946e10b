// Removal of whole trees, however deep a stranger made them.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "container.h"

enum {
    DEPTH = 200,  // levels that are held open at once, fewer than any limit of descriptors
    NAMES = 1000, // attempts to find a name that the tree does not have itself
};

struct removal {
    int top;
    dev_t device;
    unsigned moved;  // directories that were too deep, and now lie in the top
};

static int remove_at(struct removal *removal, int directory, const char *name, int depth);

// Descending by recursion ends somewhere, a tree need not: what is too deep is moved up, and removed from there.
static int move_up(struct removal *removal, int directory, const char *name) {
    for (int attempt = 0; attempt < NAMES; attempt++) {
        char other[32];
        snprintf(other, sizeof other, ".hawser-%x", removal->moved++);
        if (syscall(SYS_renameat2, directory, name, removal->top, other, 1 /* RENAME_NOREPLACE */) == 0) return 0;
        if (errno != EEXIST) break;
    }
    return -errno;
}

static int remove_content(struct removal *removal, int directory, int depth) {
    int copy = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries) {
        int error = errno;
        if (copy >= 0) close(copy);
        return -error;
    }
    rewinddir(entries);
    int result = 0;
    struct dirent *entry;
    while ((entry = readdir(entries))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        int one = remove_at(removal, directory, entry->d_name, depth);
        if (one < 0 && result == 0) result = one;
    }
    closedir(entries);
    return result;
}

static int remove_at(struct removal *removal, int directory, const char *name, int depth) {
    if (unlinkat(directory, name, 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR && errno != EPERM) return -errno;
    int inner = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (inner < 0) return -errno;
    struct stat status;
    int result = fstat(inner, &status) ? -errno : status.st_dev != removal->device ? -EXDEV : 0;
    bool moves = result == 0 && depth == 0;
    if (result == 0 && !moves) result = remove_content(removal, inner, depth - 1);
    close(inner);
    if (moves) return move_up(removal, directory, name);
    if (result < 0) return result;
    return unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : -errno;
}

int hw_remove_tree(const char *path) {
    struct stat status;
    if (lstat(path, &status)) return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(status.st_mode)) return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
    struct removal removal = {.top = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), .device = status.st_dev};
    if (removal.top < 0) return -errno;
    int result;
    unsigned before;
    do {
        before = removal.moved;
        result = remove_content(&removal, removal.top, DEPTH);
    } while (result == 0 && removal.moved != before);
    close(removal.top);
    if (result < 0) return result;
    return rmdir(path) == 0 || errno == ENOENT ? 0 : -errno;
}
