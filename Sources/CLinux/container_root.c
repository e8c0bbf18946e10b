// The container's root: built from steps in a mount namespace of its own, then entered by pivot_root.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <linux/openat2.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The user as whom host trees are read: owns nothing, belongs to no group. Any id would do that no file has.
enum { NO_ONE = 2147483646 };

struct root {
    int state;  // the container's state directory
    int top;    // the root under construction
    struct hw_failure *failure;
};

static bool failed(struct root *root, const char *action, const char *subject) {
    *root->failure = (struct hw_failure){errno, action, subject};
    return false;
}

static int open_inside(int top, const char *path, uint64_t flags) {
    struct open_how how = {
        .flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, top, path, &how, sizeof how);
}

static const char *last_name(const char *path, char *parent, size_t size) {
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= size) length = size - 1;
    memcpy(parent, path, length);
    parent[length] = 0;
    if (length == 0) strcpy(parent, "/");
    return slash ? slash + 1 : path;
}

// Opens a target inside the root, making what is missing: directories on the way, and the last name itself.
static int open_target(int top, const char *target, bool directory, mode_t mode) {
    int found = open_inside(top, target, O_PATH);
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
        int present = open_inside(top, prefix, O_PATH);
        if (present < 0 && errno == ENOENT) {
            const char *name = last_name(prefix, parent, sizeof parent);
            int holder = open_inside(top, parent, O_PATH | O_DIRECTORY);
            if (holder < 0) return -1;
            int made = last && !directory ? mknodat(holder, name, S_IFREG | 0644, 0)
                                          : mkdirat(holder, name, last ? mode : 0755);
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
    return open_inside(top, target, O_PATH);
}

static bool mount_on(struct root *root, int place, const char *type, unsigned long flags, const char *options,
                     const char *subject) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    bool mounted = mount(type, path, type, flags, options) == 0;
    int error = errno;
    close(place);
    errno = error;
    return mounted || failed(root, "mount", subject);
}

static bool make_directory(struct root *root, const struct hw_step *step) {
    int made = open_target(root->top, step->target, true, (mode_t)step->flags);
    if (made < 0) return failed(root, "make directory", step->target);
    close(made);
    return true;
}

static bool make_link(struct root *root, const struct hw_step *step) {
    char parent[PATH_MAX];
    const char *name = last_name(step->target, parent, sizeof parent);
    int holder = open_inside(root->top, parent, O_PATH | O_DIRECTORY);
    if (holder < 0) return failed(root, "open", step->target);
    bool made = symlinkat(step->source, holder, name) == 0 || errno == EEXIST;
    int error = errno;
    close(holder);
    errno = error;
    return made || failed(root, "make link", step->target);
}

// Overlay reads its layers with the rights of whoever mounted it. The lower of the two is mounted by a user without
// rights, so what is not readable by everyone does not open, for the container's root either; the upper is mounted
// by root and carries the container's own changes.
static bool mount_filter(struct root *root, const struct hw_step *step) {
    char options[2 * PATH_MAX];
    snprintf(options, sizeof options, "lowerdir=%s:%s", step->type, step->options);
    int place = open_target(root->top, step->target, true, 0755);
    if (place < 0) return failed(root, "make directory", step->target);
    if (setgroups(0, NULL)) return failed(root, "setgroups", "");
    setfsgid(NO_ONE);
    setfsuid(NO_ONE);
    unsigned long flags = MS_NODEV | (step->flags & HW_TREE_READ_ONLY ? MS_RDONLY : 0);
    bool mounted = mount_on(root, place, "overlay", flags, options, step->source);
    setfsuid(0);
    setfsgid(0);
    return mounted;
}

static bool mount_tree(struct root *root, const struct hw_step *step) {
    char upper[NAME_MAX + 8], work[NAME_MAX + 8], options[PATH_MAX];
    if (mkdirat(root->state, "skeleton", 0755) && errno != EEXIST) return failed(root, "make directory", "skeleton");
    // Entered, not named from outside: the state directory's own path is closed to the user without rights.
    if (fchdir(root->state) || chdir("skeleton")) return failed(root, "open", "skeleton");
    if (mkdir(step->type, 0755) && errno != EEXIST) return failed(root, "make directory", step->type);
    if (!mount_filter(root, step)) return false;
    if (step->flags & HW_TREE_READ_ONLY) return true;
    if (fchdir(root->state) || chdir("private")) return failed(root, "open", "private");
    snprintf(upper, sizeof upper, "upper/%s", step->type);
    snprintf(work, sizeof work, "work/%s", step->type);
    if (mkdir(upper, 0755) && errno != EEXIST) return failed(root, "make directory", step->type);
    if (mkdir(work, 0755) && errno != EEXIST) return failed(root, "make directory", step->type);
    // volatile: leaving the container must not make the host's file system write everything out.
    snprintf(options, sizeof options, "lowerdir=root%s,upperdir=%s,workdir=%s,volatile", step->target, upper, work);
    int place = open_inside(root->top, step->target, O_PATH | O_DIRECTORY);
    if (place < 0) return failed(root, "open", step->target);
    return mount_on(root, place, "overlay", MS_NODEV, options, step->source);
}

static bool mount_filesystem(struct root *root, const struct hw_step *step) {
    int place = open_target(root->top, step->target, true, 0755);
    if (place < 0) return failed(root, "make directory", step->target);
    return mount_on(root, place, step->type, step->flags, step->options, step->target);
}

static bool attach(struct root *root, int tree, int place, uint64_t attributes, const char *subject) {
    struct mount_attr attr = {.attr_set = attributes, .propagation = MS_PRIVATE};
    bool done = mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr) == 0
        && move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
    if (!done) failed(root, "mount", subject);
    close(tree);
    close(place);
    return done;
}

static bool bind(struct root *root, const struct hw_step *step) {
    if (fchdir(root->state)) return failed(root, "open", "state directory");
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (step->flags & HW_BIND_RECURSIVE ? AT_RECURSIVE : 0);
    int tree = open_tree(AT_FDCWD, step->source, flags);
    if (tree < 0) return (errno == ENOENT && step->flags & HW_BIND_OPTIONAL) || failed(root, "open", step->source);
    struct stat status;
    if (fstat(tree, &status)) return failed(root, "stat", step->source);
    int place = open_target(root->top, step->target, S_ISDIR(status.st_mode), 0755);
    if (place < 0) return failed(root, "make", step->target);
    uint64_t attributes = (step->flags & HW_BIND_DEVICES ? 0 : MOUNT_ATTR_NODEV)
        | (step->flags & HW_BIND_READ_ONLY ? MOUNT_ATTR_RDONLY : 0);
    return attach(root, tree, place, attributes, step->target);
}

static bool mask(struct root *root, const struct hw_step *step) {
    int place = open_inside(root->top, step->target, O_PATH);
    if (place < 0) return errno == ENOENT || failed(root, "open", step->target);
    struct stat status;
    if (fstat(place, &status)) return failed(root, "stat", step->target);
    if (S_ISDIR(status.st_mode))
        return mount_on(root, place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k", step->target);
    int tree = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return failed(root, "open", "/dev/null");
    return attach(root, tree, place, MOUNT_ATTR_RDONLY, step->target);
}

static bool make_read_only(struct root *root, const struct hw_step *step) {
    int place = open_inside(root->top, step->target, O_PATH);
    if (place < 0) return errno == ENOENT || failed(root, "open", step->target);
    int tree = open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return failed(root, "open", step->target);
    return attach(root, tree, place, MOUNT_ATTR_RDONLY, step->target);
}

static bool perform(struct root *root, const struct hw_step *step) {
    switch ((enum hw_step_kind)step->kind) {
    case HW_STEP_DIRECTORY: return make_directory(root, step);
    case HW_STEP_SYMLINK: return make_link(root, step);
    case HW_STEP_TREE: return mount_tree(root, step);
    case HW_STEP_FILESYSTEM: return mount_filesystem(root, step);
    case HW_STEP_BIND: return bind(root, step);
    case HW_STEP_MASK: return mask(root, step);
    case HW_STEP_READ_ONLY: return make_read_only(root, step);
    }
    errno = EINVAL;
    return failed(root, "perform", step->target);
}

static bool open_root(struct root *root, const hw_launch *launch) {
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) return failed(root, "make private", "/");
    if (chdir(launch->state_directory)) return failed(root, "open", launch->state_directory);
    root->state = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root->state < 0) return failed(root, "open", launch->state_directory);
    if (mkdir("private", 0700) && errno != EEXIST) return failed(root, "make directory", "private");
    if (launch->flags & HW_LAUNCH_PRIVATE_TMPFS) {
        char options[96];
        snprintf(options, sizeof options, "mode=0700,size=%.64s", launch->private_size);
        if (mount("tmpfs", "private", "tmpfs", MS_NODEV, options)) return failed(root, "mount", "private");
    }
    static const char *const parts[] = {"private/root", "private/upper", "private/work"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (mkdir(parts[i], 0755) && errno != EEXIST) return failed(root, "make directory", parts[i]);
    int tree = open_tree(AT_FDCWD, "private/root", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    int place = open("private/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (tree < 0 || place < 0) return failed(root, "open", "private/root");
    if (!attach(root, tree, place, MOUNT_ATTR_NODEV, "private/root")) return false;
    root->top = open("private/root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return root->top >= 0 || failed(root, "open", "private/root");
}

bool hw_build_root(const hw_launch *launch, struct hw_failure *failure) {
    struct root root = {.state = -1, .top = -1, .failure = failure};
    if (!open_root(&root, launch)) return false;
    for (size_t i = 0; i < launch->step_count; i++)
        if (!perform(&root, &launch->steps[i])) return false;
    if (fchdir(root.top)) return failed(&root, "open", "the container's root");
    // Both names the same directory: the old root ends up below the new one and is detached, no place for it is needed.
    if (syscall(SYS_pivot_root, ".", ".")) return failed(&root, "pivot_root", "");
    if (umount2(".", MNT_DETACH)) return failed(&root, "umount2", "the host's root");
    close(root.top);
    close(root.state);
    return chdir("/") == 0 || failed(&root, "chdir", "/");
}
