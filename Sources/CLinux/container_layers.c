// The overlays of a container's root: trees of the host below a private layer, and the layers of an image.
#define _GNU_SOURCE
#include "container_root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define failed hw_root_failed

// The user as whom host trees are read: owns nothing, belongs to no group. Any id would do that no file has.
enum { NO_ONE = 2147483646 };

static bool make_owned(struct hw_root *root, const char *path) {
    if (mkdir(path, 0755) && errno != EEXIST) return failed(root, "make directory", path);
    return !(root->uid | root->gid) || chown(path, root->uid, root->gid) == 0
        || failed(root, "change the owner of", path);
}

// A directory at lower/NAME of the state directory; in a container with ids of its own, as its user namespace numbers owners:
// nothing is copied, and nothing of the directory itself changes.
static bool show_lower(struct hw_root *root, const char *source, const char *name) {
    char place_name[NAME_MAX + 8];
    snprintf(place_name, sizeof place_name, "lower/%s", name);
    if ((mkdirat(root->state, "lower", 0755) && errno != EEXIST)
        || (mkdirat(root->state, place_name, 0755) && errno != EEXIST))
        return failed(root, "make directory", place_name);
    int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return failed(root, "open", source);
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)root->user_namespace};
    if (root->user_namespace >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr)) {
        failed(root, "map the ids of", source);
        close(tree);
        return false;
    }
    int place = openat(root->state, place_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) {
        failed(root, "open", place_name);
        close(tree);
        return false;
    }
    return hw_attach(root, tree, place, 0, source);
}

// Overlay reads its layers with the rights of whoever mounted it. The lower of the two is mounted by a user without
// rights, so what is not readable by everyone does not open, for the container's root either; the upper is mounted
// by root and carries the container's own changes.
static bool mount_filter(struct hw_root *root, const struct hw_step *step) {
    char options[2 * PATH_MAX];
    bool mapped = root->user_namespace >= 0 && show_lower(root, step->source, step->type);
    // A file system that knows no such mounts, as an overlay: what it holds belongs to nobody inside.
    if (root->user_namespace >= 0 && !mapped && root->failure->error != EINVAL) return false;
    snprintf(options, sizeof options, "lowerdir=%s:%s%s", step->type, mapped ? "../lower/" : "",
             mapped ? step->type : step->options);
    int place = hw_open_target(root, step->target, true, 0755);
    if (place < 0) return failed(root, "make directory", step->target);
    if (setgroups(0, NULL)) return failed(root, "setgroups", "");
    setfsgid(NO_ONE);
    setfsuid(NO_ONE);
    unsigned long flags = MS_NODEV | (step->flags & HW_TREE_READ_ONLY ? MS_RDONLY : 0);
    bool mounted = hw_mount_on(root, place, "overlay", flags, options, step->source);
    setfsuid(0);
    setfsgid(0);
    return mounted;
}

// Makes what an overlay writes to, below the current directory, which is the private one.
static bool make_upper(struct hw_root *root, const char *name, char *upper, char *work, size_t size) {
    snprintf(upper, size, "upper/%s", name);
    snprintf(work, size, "work/%s", name);
    if (!make_owned(root, upper) || !make_owned(root, work)) return false;
    // A volatile overlay leaves a mark that keeps it from being mounted again, because after a crash of the machine what
    // was not written out is missing. Here it is mounted again when the container is restarted.
    char mark[NAME_MAX + 64];
    snprintf(mark, sizeof mark, "%s/work/incompat/volatile/dirty", work);
    if (unlink(mark) && errno != ENOENT) return failed(root, "remove", mark);
    snprintf(mark, sizeof mark, "%s/work/incompat/volatile", work);
    return rmdir(mark) == 0 || errno == ENOENT || failed(root, "remove", mark);
}

bool hw_mount_tree(struct hw_root *root, const struct hw_step *step) {
    char upper[NAME_MAX + 8], work[NAME_MAX + 8], options[PATH_MAX];
    if (mkdirat(root->state, "skeleton", 0755) && errno != EEXIST) return failed(root, "make directory", "skeleton");
    // Entered, not named from outside: the state directory's own path is closed to the user without rights.
    if (fchdir(root->state) || chdir("skeleton")) return failed(root, "open", "skeleton");
    if (!make_owned(root, step->type) || !mount_filter(root, step)) return false;
    if (step->flags & HW_TREE_READ_ONLY) return true;
    if (fchdir(root->state) || chdir("private")) return failed(root, "open", "private");
    if (!make_upper(root, step->type, upper, work, sizeof upper)) return false;
    // volatile: leaving the container must not make the host's file system write everything out.
    snprintf(options, sizeof options, "lowerdir=root%s,upperdir=%s,workdir=%s,volatile", step->target, upper, work);
    int place = hw_open_inside(root->top, step->target, O_PATH | O_DIRECTORY);
    if (place < 0) return failed(root, "open", step->target);
    return hw_mount_on(root, place, "overlay", MS_NODEV, options, step->source);
}

// The layers under short names, "0" for the lowest: the kernel takes 255 bytes of each, and 4096 of all where it wants them in one
// text. Answers how many there are, or -1.
static int show_layers(struct hw_root *root, const char *lines) {
    int count = 0;
    for (const char *at = lines; *at; count++) {
        char path[PATH_MAX], name[16];
        size_t length = strcspn(at, "\n");
        if (length >= sizeof path) {
            errno = ENAMETOOLONG;
            failed(root, "open", at);
            return -1;
        }
        memcpy(path, at, length);
        path[length] = 0;
        snprintf(name, sizeof name, "%d", count);
        if (!show_lower(root, path, name)) return -1;
        at += length + (at[length] == '\n');
    }
    if (fchdir(root->state) == 0 && chdir("lower") == 0) return count;
    failed(root, "open", "lower");
    return -1;
}

static int create_overlay(int count, const char *upper, const char *work) {
    int context = fsopen("overlay", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    bool done = true;
    for (int index = count - 1; done && index >= 0; index--) {  // overlay wants the highest first
        char name[16];
        snprintf(name, sizeof name, "%d", index);
        done = fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", name, 0) == 0;
    }
    done = done && fsconfig(context, FSCONFIG_SET_STRING, "upperdir", upper, 0) == 0
        && fsconfig(context, FSCONFIG_SET_STRING, "workdir", work, 0) == 0
        && fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) == 0
        && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0;
    int tree = done ? fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV) : -1;
    int error = errno;
    close(context);
    errno = error;
    return tree;
}

// Before Linux 6.8 the layers are one option of mount(2).
static bool mount_overlay_by_text(int count, const char *upper, const char *work, const char *place) {
    char options[4096];
    size_t length = (size_t)snprintf(options, sizeof options, "lowerdir=");
    for (int index = count - 1; index >= 0 && length < sizeof options; index--)
        length += (size_t)snprintf(options + length, sizeof options - length, "%d%s", index, index ? ":" : "");
    if (length < sizeof options)
        length += (size_t)snprintf(options + length, sizeof options - length, ",upperdir=%s,workdir=%s,volatile", upper, work);
    if (length < sizeof options) return mount("overlay", place, "overlay", MS_NODEV, options) == 0;
    errno = E2BIG;
    return false;
}

bool hw_mount_layers(struct hw_root *root, const struct hw_step *step) {
    char upper[NAME_MAX + 8], work[NAME_MAX + 8], above[NAME_MAX + 32], beside[NAME_MAX + 32];
    if (fchdir(root->state) || chdir("private")) return failed(root, "open", "private");
    if (!make_upper(root, step->type, upper, work, sizeof upper)) return false;
    snprintf(above, sizeof above, "../private/%s", upper);
    snprintf(beside, sizeof beside, "../private/%s", work);
    int count = show_layers(root, step->source);
    if (count < 0) return false;
    static const char top[] = "../private/root";
    int tree = create_overlay(count, above, beside);
    if (tree >= 0) {
        int place = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (place < 0) {
            failed(root, "open", "private/root");
            close(tree);
            return false;
        }
        if (!hw_attach(root, tree, place, MOUNT_ATTR_NODEV, "the image's layers")) return false;
    } else if (errno != EINVAL || !mount_overlay_by_text(count, above, beside, top)) {
        return failed(root, "mount", "the image's layers");
    }
    return hw_set_top(root, top);
}
