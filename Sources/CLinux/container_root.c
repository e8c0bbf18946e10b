// The container's root: built from steps in a mount namespace of its own, then entered by pivot_root.
#define _GNU_SOURCE
#include "container_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

bool hw_root_failed(struct hw_root *root, const char *action, const char *subject) {
    *root->failure = (struct hw_failure){errno, action, subject};
    return false;
}

#define failed hw_root_failed

int hw_open_inside(int top, const char *path, uint64_t flags) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, top, path, &how, sizeof how);
}

const char *hw_last_name(const char *path, char *parent, size_t size) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= size) length = size - 1;
    memcpy(parent, path, length);
    parent[length] = 0;
    if (length == 0) strcpy(parent, "/");
    return slash ? slash + 1 : path;
}

static int open_making(const struct hw_root *root, const char *target, bool directory, mode_t mode, int links);

// A link that leads nowhere yet: what it says is made, inside the root.
static int open_behind_link(const struct hw_root *root, const char *target, bool directory, mode_t mode, int links) {
    char said[PATH_MAX], behind[2 * PATH_MAX], parent[PATH_MAX];
    int link = hw_open_inside(root->top, target, O_PATH | O_NOFOLLOW);
    if (link < 0) return -1;
    ssize_t length = readlinkat(link, "", said, sizeof said - 1);
    close(link);
    if (length <= 0) {
        errno = ENOENT;
        return -1;
    }
    said[length] = 0;
    hw_last_name(target, parent, sizeof parent);
    snprintf(behind, sizeof behind, "%s%s%s", *said == '/' ? "" : parent, *said == '/' ? "" : "/", said);
    if (strlen(behind) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open_making(root, behind, directory, mode, links);
}

// Opens a target inside the root, making what is missing: directories on the way, and the last name itself.
static int open_making(const struct hw_root *root, const char *target, bool directory, mode_t mode, int links) {
    int top = root->top;
    int found = hw_open_inside(top, target, O_PATH);
    if (found >= 0 || errno != ENOENT) return found;
    char prefix[PATH_MAX], parent[PATH_MAX];
    if (strlen(target) >= sizeof prefix) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (const char *end = target; *end;) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        bool last = end[strspn(end, "/")] == 0;
        memcpy(prefix, target, (size_t)(end - target));
        prefix[end - target] = 0;
        int present = hw_open_inside(top, prefix, O_PATH);
        if (present < 0 && errno == ENOENT) {
            const char *name = hw_last_name(prefix, parent, sizeof parent);
            int holder = hw_open_inside(top, parent, O_PATH | O_DIRECTORY);
            if (holder < 0) return -1;
            int made = last && !directory ? mknodat(holder, name, S_IFREG | 0644, 0)
                                          : mkdirat(holder, name, last ? mode : 0755);
            if (!made && root->uid | root->gid) made = fchownat(holder, name, root->uid, root->gid, AT_SYMLINK_NOFOLLOW);
            int error = errno;
            close(holder);
            errno = error;
            if (made && errno != EEXIST) return -1;
        } else if (present < 0) {
            return -1;
        } else {
            close(present);
        }
        if (last) break;
    }
    found = hw_open_inside(top, target, O_PATH);
    if (found >= 0 || errno != ENOENT || links == 0) return found;
    return open_behind_link(root, target, directory, mode, links - 1);
}

int hw_open_target(const struct hw_root *root, const char *target, bool directory, mode_t mode) {
    return open_making(root, target, directory, mode, 8);
}

bool hw_mount_from(struct hw_root *root, int place, const char *source, const char *type, unsigned long flags,
                   const char *options, const char *subject) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    bool mounted = mount(*source ? source : type, path, type, flags, options) == 0;
    int error = errno;
    close(place);
    errno = error;
    return mounted || failed(root, "mount", subject);
}

bool hw_mount_on(struct hw_root *root, int place, const char *type, unsigned long flags, const char *options,
                     const char *subject) {
    return hw_mount_from(root, place, "", type, flags, options, subject);
}

bool hw_attach(struct hw_root *root, int tree, int place, uint64_t attributes, const char *subject) {
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    bool done = mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0
        && move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
    if (!done) failed(root, "mount", subject);
    close(tree);
    close(place);
    return done;
}

bool hw_set_top(struct hw_root *root, const char *path) {
    int top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (top < 0) return failed(root, "open", path);
    if (root->top >= 0) close(root->top);
    root->top = top;
    return true;
}

static bool make_private_directories(struct hw_root *root, const hw_launch *launch) {
    if (mkdir("private", 0700) && errno != EEXIST) return failed(root, "make directory", "private");
    if (launch->flags & HW_LAUNCH_PRIVATE_TMPFS) {
        char options[96];
        snprintf(options, sizeof options, "mode=0700,size=%.64s", launch->private_size);
        if (mount("tmpfs", "private", "tmpfs", MS_NODEV, options)) return failed(root, "mount", "private");
    }
    static const char *const parts[] = {"private/root", "private/upper", "private/work"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (mkdir(parts[i], 0755) && errno != EEXIST) return failed(root, "make directory", parts[i]);
    if (root->uid | root->gid && chown("private/root", root->uid, root->gid))
        return failed(root, "change the owner of", "private/root");
    return true;
}

static bool open_root(struct hw_root *root, const hw_launch *launch) {
    if (mount(NULL, "/", NULL, MS_REC | launch->propagation, NULL)) return failed(root, "make private", "/");
    // Whatever a shared mount would let through: nothing that is mounted from here on is seen outside.
    if (launch->propagation != MS_PRIVATE && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
        return failed(root, "make a slave", "/");
    if (!launch->state_directory) return true;  // the root is a directory of its own
    if (chdir(launch->state_directory)) return failed(root, "open", launch->state_directory);
    root->state = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->state < 0) return failed(root, "open", launch->state_directory);
    bool is_private = launch->step_count == 0 || launch->steps[0].kind != HW_STEP_ROOT;
    if (!is_private) return true;
    if (!make_private_directories(root, launch)) return false;
    int tree = open_tree(AT_FDCWD, "private/root", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    int place = open("private/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (tree < 0 || place < 0) return failed(root, "open", "private/root");
    return hw_attach(root, tree, place, MOUNT_ATTR_NODEV, "private/root") && hw_set_top(root, "private/root");
}

// The mounts of the other half are locked in this namespace: on top of the root lies a mount that can be moved.
static bool continue_root(struct hw_root *root) {
    root->top = open_tree(AT_FDCWD, ".", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (root->top < 0) return failed(root, "open", "the container's root");
    return move_mount(root->top, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH) == 0
        || failed(root, "mount", "the container's root");
}

static bool enter_root(struct hw_root *root, const hw_launch *launch) {
    if (fchdir(root->top)) return failed(root, "open", "the container's root");
    // Both names the same directory: the old root ends up below the new one and is detached, no place for it is needed.
    if (syscall(SYS_pivot_root, ".", ".")) return failed(root, "pivot_root", "");
    if (umount2(".", MNT_DETACH)) return failed(root, "umount2", "the host's root");
    if (chdir("/")) return failed(root, "chdir", "/");
    return launch->propagation == MS_PRIVATE
        || mount(NULL, "/", NULL, launch->propagation, NULL) == 0 || failed(root, "set propagation of", "/");
}

bool hw_build_root(const hw_launch *launch, enum hw_part part, int user_namespace, struct hw_failure *failure) {
    struct hw_root root = {
        .state = -1, .top = -1, .part = part, .user_namespace = user_namespace, .failure = failure,
        .uid = hw_outside(launch, false, 0), .gid = hw_outside(launch, true, 0)};
    // Inside, the numbers are the container's own.
    if (part == HW_PART_INSIDE) root.uid = root.gid = 0;
    if (!(part == HW_PART_INSIDE ? continue_root(&root) : open_root(&root, launch))) return false;
    for (size_t i = 0; i < launch->step_count; i++)
        if (hw_belongs(&root, &launch->steps[i]) && !hw_perform(&root, &launch->steps[i])) return false;
    bool done = part == HW_PART_OUTSIDE ? fchdir(root.top) == 0 || failed(&root, "open", "the container's root")
                                        : hw_before_root_is_entered(&launch->start, failure) && enter_root(&root, launch);
    close(root.top);
    if (root.state >= 0) close(root.state);
    return done;
}
