// The steps that build a container's root.
#define _GNU_SOURCE
#include "container_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define failed hw_root_failed

static bool make_directory(struct hw_root *root, const struct hw_step *step) {
    int made = hw_open_target(root, step->target, true, (mode_t)step->flags);
    if (made < 0) return failed(root, "make directory", step->target);
    close(made);
    return true;
}

static bool make_link(struct hw_root *root, const struct hw_step *step) {
    char parent[PATH_MAX];
    const char *name = hw_last_name(step->target, parent, sizeof parent);
    int holder = hw_open_inside(root->top, parent, O_PATH | O_DIRECTORY);
    if (holder < 0) return failed(root, "open", step->target);
    bool made = symlinkat(step->source, holder, name) == 0 || errno == EEXIST;
    int error = errno;
    close(holder);
    errno = error;
    return made || failed(root, "make link", step->target);
}

// Such a file system belongs to the container's namespaces, and is mounted from inside them.
static bool is_of_namespaces(const char *type) {
    static const char *const types[] = {"proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0) return true;
    return false;
}

// In a user namespace sysfs is mounted by whoever owns the network namespace only; the host's is shown instead.
static bool show_host_sysfs(struct hw_root *root, const char *target) {
    int tree = open_tree(AT_FDCWD, "/sys", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return failed(root, "open", "/sys");
    int place = hw_open_inside(root->top, target, O_PATH);
    if (place < 0) {
        close(tree);
        return failed(root, "open", target);
    }
    if (!hw_attach(root, tree, place, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, target)) return false;
    // What is mounted below it tells of the host and of other containers, and can only be covered.
    static const char *const covered[] = {"/fs/cgroup", "/fs/bpf", "/kernel/debug", "/kernel/tracing", "/kernel/security"};
    for (size_t i = 0; i < sizeof covered / sizeof *covered; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s%s", target, covered[i]);
        int below = hw_open_inside(root->top, path, O_PATH | O_DIRECTORY);
        unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
        if (below >= 0 && !hw_mount_on(root, below, "tmpfs", flags, "size=4k", target)) return false;
    }
    return true;
}

static bool mount_filesystem(struct hw_root *root, const struct hw_step *step) {
    int place = hw_open_target(root, step->target, true, 0755);
    if (place < 0) return failed(root, "make directory", step->target);
    char options[PATH_MAX];
    if (strlen(step->options) + 64 > sizeof options) {
        close(place);
        errno = E2BIG;
        return failed(root, "mount", step->target);
    }
    bool owned = strcmp(step->type, "tmpfs") == 0 && root->part == HW_PART_OUTSIDE && root->uid | root->gid
        && !strstr(step->options, "uid=");
    snprintf(options, sizeof options, "%s%s", step->options, *step->options && owned ? "," : "");
    size_t length = strlen(options);
    if (owned) snprintf(options + length, sizeof options - length, "uid=%u,gid=%u", root->uid, root->gid);
    if (hw_mount_from(root, place, step->source, step->type, step->flags, options, step->target)) return true;
    if (errno == EPERM && strcmp(step->type, "sysfs") == 0 && root->part == HW_PART_INSIDE)
        return show_host_sysfs(root, step->target);
    return false;
}

static bool bind(struct hw_root *root, const struct hw_step *step) {
    if (fchdir(root->state)) return failed(root, "open", "state directory");
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (step->flags & HW_BIND_RECURSIVE ? AT_RECURSIVE : 0);
    int tree = open_tree(AT_FDCWD, step->source, flags);
    if (tree < 0) return (errno == ENOENT && step->flags & HW_BIND_OPTIONAL) || failed(root, "open", step->source);
    struct stat status;
    if (fstat(tree, &status)) return failed(root, "stat", step->source);
    int place = hw_open_target(root, step->target, S_ISDIR(status.st_mode), 0755);
    if (place < 0) return failed(root, "make", step->target);
    uint64_t attributes = (step->flags & HW_BIND_DEVICES ? 0 : MOUNT_ATTR_NODEV)
        | (step->flags & HW_BIND_READ_ONLY ? MOUNT_ATTR_RDONLY : 0);
    return hw_attach(root, tree, place, attributes, step->target);
}

static bool mask(struct hw_root *root, const struct hw_step *step) {
    int place = hw_open_inside(root->top, step->target, O_PATH);
    if (place < 0) return errno == ENOENT || failed(root, "open", step->target);
    struct stat status;
    if (fstat(place, &status)) return failed(root, "stat", step->target);
    if (S_ISDIR(status.st_mode))
        return hw_mount_on(root, place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k", step->target);
    int tree = open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return failed(root, "open", "/dev/null");
    return hw_attach(root, tree, place, MOUNT_ATTR_RDONLY, step->target);
}

static bool make_read_only(struct hw_root *root, const struct hw_step *step) {
    int place = hw_open_inside(root->top, step->target, O_PATH);
    if (place < 0) return errno == ENOENT || failed(root, "open", step->target);
    if (step->flags & HW_ALONE) {
        struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
        bool done = mount_setattr(place, "", AT_EMPTY_PATH, &attr, sizeof attr) == 0;
        close(place);
        return done || failed(root, "make read-only", step->target);
    }
    int tree = open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0) return failed(root, "open", step->target);
    return hw_attach(root, tree, place, MOUNT_ATTR_RDONLY, step->target);
}

// The whole root is a directory of the host, in place.
static bool take_root(struct hw_root *root, const struct hw_step *step) {
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (step->flags & HW_BIND_RECURSIVE ? AT_RECURSIVE : 0);
    int tree = open_tree(AT_FDCWD, step->source, flags);
    int place = open(step->source, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (tree < 0 || place < 0) return failed(root, "open", step->source);
    if (!hw_attach(root, tree, place, step->flags & HW_BIND_DEVICES ? 0 : MOUNT_ATTR_NODEV, step->source)) return false;
    return hw_set_top(root, step->source);
}

static bool make_device(struct hw_root *root, const struct hw_step *step) {
    char parent[PATH_MAX];
    const char *name = hw_last_name(step->target, parent, sizeof parent);
    int holder = hw_open_target(root, parent, true, 0755);
    if (holder < 0) return failed(root, "make directory", step->target);
    mode_t type = step->device.type == 'c' ? S_IFCHR : step->device.type == 'b' ? S_IFBLK : S_IFIFO;
    bool made = *name && strcmp(name, "..") && strcmp(name, ".");
    if (!made) errno = EINVAL;
    made = made
        && mknodat(holder, name, type | step->device.mode, makedev(step->device.major, step->device.minor)) == 0
        && fchownat(holder, name, step->device.uid, step->device.gid, AT_SYMLINK_NOFOLLOW) == 0
        && fchmodat(holder, name, step->device.mode, 0) == 0;
    int error = errno;
    // What is there already may be anything: of a root that has its own /dev, say.
    struct stat there;
    if (!made && error == EEXIST && fstatat(holder, name, &there, AT_SYMLINK_NOFOLLOW) == 0)
        made = (there.st_mode & S_IFMT) == type
            && (type == S_IFIFO || there.st_rdev == makedev(step->device.major, step->device.minor));
    close(holder);
    errno = error;
    if (made) return true;
    if (error != EPERM || !*step->source) return failed(root, "make device", step->target);
    // A machine that gives nobody the right to make nodes: the host's own.
    struct hw_step shown = {.source = step->source, .target = step->target, .flags = HW_BIND_DEVICES};
    return bind(root, &shown);
}

static bool set_propagation(struct hw_root *root, int place, uint64_t propagation, const char *subject) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", place);
    return !propagation || mount(NULL, path, NULL, propagation, NULL) == 0 || failed(root, "set propagation of", subject);
}

static bool apply(int tree, bool recursive, uint64_t set, uint64_t cleared) {
    struct mount_attr attr = {.attr_set = set, .attr_clr = cleared};
    // One of the times' modes replaces another: they are a field, not flags.
    if (set & MOUNT_ATTR__ATIME || cleared & MOUNT_ATTR__ATIME) attr.attr_clr |= MOUNT_ATTR__ATIME;
    return (!set && !cleared)
        || mount_setattr(tree, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof attr) == 0;
}

static bool bind_as_asked(struct hw_root *root, const struct hw_step *step) {
    const struct hw_mount *how = &step->mount;
    int tree = open_tree(AT_FDCWD, step->source,
                         OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (how->recursive ? AT_RECURSIVE : 0));
    if (tree < 0) return failed(root, "open", step->source);
    struct stat status;
    if (fstat(tree, &status)) return failed(root, "stat", step->source);
    int place = hw_open_target(root, step->target, S_ISDIR(status.st_mode), 0755);
    if (place < 0) return failed(root, "make", step->target);
    // What is asked to follow the host's mounts must not be cut off from them first.
    struct mount_attr private = {.propagation = how->propagation & MS_SLAVE ? MS_SLAVE : MS_PRIVATE};
    bool done = mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &private, sizeof private) == 0
        && apply(tree, true, how->set_below, how->cleared_below) && apply(tree, false, how->set, how->cleared)
        && move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0;
    if (!done) failed(root, "mount", step->target);
    close(place);
    done = done && set_propagation(root, tree, how->propagation, step->target);
    close(tree);
    return done;
}

static bool mount_as_asked(struct hw_root *root, const struct hw_step *step) {
    if (step->mount.bind) return bind_as_asked(root, step);
    int below = step->mount.copies_up ? hw_open_inside(root->top, step->target, O_RDONLY | O_DIRECTORY) : -1;
    bool mounted = mount_filesystem(root, step) && (below < 0 || hw_copy_up(root, below, step->target));
    if (below >= 0) close(below);
    if (!mounted) return false;
    if (!step->mount.propagation) return true;
    int place = hw_open_inside(root->top, step->target, O_PATH);
    if (place < 0) return failed(root, "open", step->target);
    bool done = set_propagation(root, place, step->mount.propagation, step->target);
    close(place);
    return done;
}

// Where a user namespace lies between the two halves of the work, each step belongs to one of them.
bool hw_belongs(const struct hw_root *root, const struct hw_step *step) {
    if (root->part == HW_PART_ALL) return true;
    bool inside = false;
    switch ((enum hw_step_kind)step->kind) {
    case HW_STEP_FILESYSTEM: inside = is_of_namespaces(step->type); break;
    case HW_STEP_MOUNT: inside = !step->mount.bind && is_of_namespaces(step->type); break;
    case HW_STEP_MASK: case HW_STEP_READ_ONLY: inside = true; break;
    default: break;
    }
    return inside == (root->part == HW_PART_INSIDE);
}

bool hw_perform(struct hw_root *root, const struct hw_step *step) {
    switch ((enum hw_step_kind)step->kind) {
    case HW_STEP_DIRECTORY: return make_directory(root, step);
    case HW_STEP_SYMLINK: return make_link(root, step);
    case HW_STEP_TREE: return hw_mount_tree(root, step);
    case HW_STEP_FILESYSTEM: return mount_filesystem(root, step);
    case HW_STEP_BIND: return bind(root, step);
    case HW_STEP_MASK: return mask(root, step);
    case HW_STEP_READ_ONLY: return make_read_only(root, step);
    case HW_STEP_ROOT: return take_root(root, step);
    case HW_STEP_LAYERS: return hw_mount_layers(root, step);
    case HW_STEP_DEVICE: return make_device(root, step);
    case HW_STEP_MOUNT: return mount_as_asked(root, step);
    }
    errno = EINVAL;
    return failed(root, "perform", step->target);
}

