#ifndef HAWSER_CONTAINER_START_H
#define HAWSER_CONTAINER_START_H
#include "container_oci.h"

struct hw_failure;

/// What a launch holds for a container that another process starts.
struct hw_start {
    bool reports_root;
    int socket;     // where it waits, or -1
    int preserved;  // descriptors beyond the standard streams that the command gets
    int control;    // the line to whoever makes the container
    hw_hooks *create_hooks, *start_hooks;
    char *state;    // what start_hooks are told
};

/// Before the root is entered: what the runtime's hooks and the container's own need.
bool hw_before_root_is_entered(const struct hw_start *start, struct hw_failure *failure);
/// Waits for its start; `*control` becomes the line to whoever starts it.
bool hw_await_start(hw_launch *launch, int slave, int *control);
bool hw_run_start_hooks(const struct hw_start *start, struct hw_failure *failure);
/// What execve will say of the command, as far as it can be told before: 0 or an error.
int hw_look_for_command(const hw_launch *launch);
#endif
