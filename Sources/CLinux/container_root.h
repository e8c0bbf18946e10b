#ifndef HAWSER_CONTAINER_ROOT_H
#define HAWSER_CONTAINER_ROOT_H
#include "container_private.h"

// Shared by the files that build a container's root; no part of the module.
struct hw_root {
    int state;  // the container's state directory, or -1
    int top;    // the root under construction
    enum hw_part part;
    int user_namespace;  // of the container, or -1
    uint32_t uid, gid;   // outside, of the container's user 0
    struct hw_failure *failure;
};

bool hw_root_failed(struct hw_root *root, const char *action, const char *subject);
/// The parent directory of a path, and its last name.
const char *hw_last_name(const char *path, char *parent, size_t size);
int hw_open_target(const struct hw_root *root, const char *target, bool directory, mode_t mode);
/// Mounts and closes `place`; the source is the type's name when it is empty.
bool hw_mount_from(struct hw_root *root, int place, const char *source, const char *type, unsigned long flags,
                   const char *options, const char *subject);
bool hw_mount_on(struct hw_root *root, int place, const char *type, unsigned long flags, const char *options,
                 const char *subject);
/// Attaches a detached tree; closes both descriptors.
bool hw_attach(struct hw_root *root, int tree, int place, uint64_t attributes, const char *subject);
bool hw_set_top(struct hw_root *root, const char *path);
bool hw_mount_tree(struct hw_root *root, const struct hw_step *step);
bool hw_mount_layers(struct hw_root *root, const struct hw_step *step);
/// Copies what the directory `below` holds into what is mounted over it.
bool hw_copy_up(struct hw_root *root, int below, const char *target);
bool hw_perform(struct hw_root *root, const struct hw_step *step);
/// Whether a step is for the half of the work at hand.
bool hw_belongs(const struct hw_root *root, const struct hw_step *step);
#endif
