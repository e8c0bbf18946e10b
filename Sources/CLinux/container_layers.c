// The overlays of a container's root: trees of the host below a private layer, and the layers of an image.
#define _GNU_SOURCE
#include "container_root.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

// A directory as the container's user namespace numbers its owners, at lower/NAME of the state directory: nothing is
// copied, and nothing of the directory itself changes.
static bool show_with_ids(struct hw_root *root, const char *source, const char *name) {
    char place_name[NAME_MAX + 8];
    snprintf(place_name, sizeof place_name, "lower/%s", name);
    if ((mkdirat(root->state, "lower", 0755) && errno != EEXIST)
        || (mkdirat(root->state, place_name, 0755) && errno != EEXIST))
        return failed(root, "make directory", place_name);
    int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (tree < 0) return failed(root, "open", source);
    struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)root->user_namespace};
    if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof attr)) {
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
    bool mapped = root->user_namespace >= 0 && show_with_ids(root, step->source, step->type);
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

struct layer {
    const char *path;
    size_t length;
    char name[16];  // of the mount that shows it with the container's ids
};

static size_t count_layers(const char *lines) {
    size_t count = 0;
    for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n') count++;
    return count;
}

// Goes to the directory above a layer, so that its name is short whatever its path: the kernel takes 255 bytes.
static bool go_beside(struct hw_root *root, const struct layer *layer, char *name, size_t size) {
    char path[PATH_MAX], parent[PATH_MAX];
    if (layer->length >= sizeof path) {
        errno = ENAMETOOLONG;
        return failed(root, "open", layer->path);
    }
    memcpy(path, layer->path, layer->length);
    path[layer->length] = 0;
    if (root->user_namespace >= 0) {
        if (!show_with_ids(root, path, layer->name)) return false;
        snprintf(name, size, "%s", layer->name);
        return (fchdir(root->state) == 0 && chdir("lower") == 0) || failed(root, "open", "lower");
    }
    const char *last = hw_last_name(path, parent, sizeof parent);
    if (snprintf(name, size, "%s", last) >= (int)size) errno = ENAMETOOLONG;
    else if (chdir(parent) == 0) return true;
    return failed(root, "open", path);
}

static bool add_layers(struct hw_root *root, int context, const char *lines) {
    size_t count = count_layers(lines), index = 0;
    struct layer *layers = calloc(count, sizeof *layers);
    if (!layers) return failed(root, "list", "layers");
    for (const char *at = lines; *at; at += layers[index - 1].length, at += *at == '\n') {
        layers[index].path = at;
        layers[index].length = strcspn(at, "\n");
        snprintf(layers[index].name, sizeof layers[index].name, "%zu", index);
        index++;
    }
    bool done = true;
    while (done && index-- > 0) {  // overlay wants the highest first
        char name[NAME_MAX + 1];
        done = go_beside(root, &layers[index], name, sizeof name)
            && (fsconfig(context, FSCONFIG_SET_STRING, "lowerdir+", name, 0) == 0 || failed(root, "add layer", name));
    }
    free(layers);
    return done;
}

bool hw_mount_layers(struct hw_root *root, const struct hw_step *step) {
    char upper[NAME_MAX + 8], work[NAME_MAX + 8];
    int context = fsopen("overlay", FSOPEN_CLOEXEC);
    if (context < 0) return failed(root, "open", "overlay");
    bool done = add_layers(root, context, step->source);
    done = done && ((fchdir(root->state) == 0 && chdir("private") == 0) || failed(root, "open", "private"));
    done = done && make_upper(root, step->type, upper, work, sizeof upper);
    done = done
        && ((fsconfig(context, FSCONFIG_SET_STRING, "upperdir", upper, 0) == 0
             && fsconfig(context, FSCONFIG_SET_STRING, "workdir", work, 0) == 0
             && fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) == 0
             && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
            || failed(root, "mount", "the image's layers"));
    int tree = done ? fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV) : -1;
    close(context);
    if (!done) return false;
    if (tree < 0) return failed(root, "mount", "the image's layers");
    int place = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0) {
        failed(root, "open", "root");
        close(tree);
        return false;
    }
    return hw_attach(root, tree, place, MOUNT_ATTR_NODEV, "the image's layers") && hw_set_top(root, "root");
}
