#ifndef HAWSER_CONTAINER_PRIVATE_H
#define HAWSER_CONTAINER_PRIVATE_H
#include "container.h"

// Shared by the files of the child half; no part of the module.
struct hw_step {
    int kind;
    char *source, *target, *type, *options;
    unsigned long flags;
};

struct hw_launch {
    struct hw_step *steps;
    size_t step_count;
    char **arguments, **environment;
    size_t argument_count, environment_count;
    uint32_t *groups;
    size_t group_count;
    char *state_directory, *working_directory, *hostname, *private_size;
    uint32_t uid, gid;
    uint64_t capabilities;
    unsigned flags;
    uint16_t rows, columns;
    int streams[3];
    int cgroup, network;
};

struct hw_failure {
    int error;
    const char *action;
    const char *subject;
};

bool hw_build_root(const hw_launch *launch, struct hw_failure *failure);
bool hw_open_terminal(const hw_launch *launch, int *master, int *slave, struct hw_failure *failure);
bool hw_restrict(uint64_t capabilities, unsigned flags, struct hw_failure *failure);
_Noreturn void hw_execute(const hw_launch *launch, int slave, int control);
_Noreturn void hw_init(pid_t command);
void hw_send_report(int control, int kind, int error, const char *action, const char *subject, int descriptor);
long hw_clone3(uint64_t flags, int *pidfd, int cgroup, int exit_signal);
#endif
