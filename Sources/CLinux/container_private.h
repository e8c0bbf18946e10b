#ifndef HAWSER_CONTAINER_PRIVATE_H
#define HAWSER_CONTAINER_PRIVATE_H
#include "container.h"
#include "container_start.h"

// Shared by the files of the child half; no part of the module.
struct hw_step {
    int kind;
    char *source, *target, *type, *options;
    unsigned long flags;
    struct hw_mount mount;
    struct {
        char type;
        uint32_t major, minor, mode, uid, gid;
    } device;
};

struct hw_mapping {
    uint32_t inside, outside, count;
};

struct hw_limit {
    int resource;
    uint64_t soft, hard;
};

struct hw_sysctl {
    char *path, *value;
};

struct hw_launch {
    struct hw_step *steps;
    size_t step_count;
    char **arguments, **environment;
    size_t argument_count, environment_count;
    uint32_t *groups;
    size_t group_count;
    struct hw_mapping *mappings[2];  // of users, of groups
    size_t mapping_count[2];
    struct hw_limit *limits;
    size_t limit_count;
    struct hw_sysctl *sysctls;
    size_t sysctl_count;
    int *legacy_cgroups;
    size_t legacy_cgroup_count;
    void *filter;
    size_t filter_size;
    unsigned filter_flags;
    char *state_directory, *working_directory, *hostname, *domain_name, *private_size;
    uint32_t uid, gid, umask;
    struct hw_capabilities capabilities;
    unsigned flags;
    uint16_t rows, columns;
    int streams[3];
    int cgroup;
    int namespaces[HW_NAMESPACE_COUNT];
    bool has_oom_score, has_personality;
    int oom_score;
    unsigned long personality, propagation;
    struct hw_start start;
};

/// Which part of the root a process builds: all of it, or one of two where a user namespace lies between them.
enum hw_part {
    HW_PART_ALL,
    HW_PART_OUTSIDE,  // what needs the host's rights; leaves the process in the root under construction
    HW_PART_INSIDE,   // what belongs to the container's own namespaces; begins there, ends in the new root
};

struct hw_failure {
    int error;
    const char *action;
    const char *subject;
};

/// The number that user or group `inside` has outside.
uint32_t hw_outside(const hw_launch *launch, bool group, uint32_t inside);
/// `user_namespace`: of the container, for what is shown with its ids; or -1.
bool hw_build_root(const hw_launch *launch, enum hw_part part, int user_namespace, struct hw_failure *failure);
bool hw_open_terminal(const hw_launch *launch, int *master, int *slave, struct hw_failure *failure);
bool hw_bind_console(int slave, struct hw_failure *failure);
bool hw_restrict(const hw_launch *launch, const struct hw_capabilities *capabilities, struct hw_failure *failure);
_Noreturn void hw_execute(const hw_launch *launch, int slave, int control);
_Noreturn void hw_init(pid_t command);
void hw_send_report(int control, int kind, int error, const char *action, const char *subject, int descriptor);
long hw_clone3(uint64_t flags, int *pidfd, int cgroup, int exit_signal);
bool hw_write_text(const char *path, const char *text, size_t length);
/// Does what the process that becomes the container, or gives rise to it, must do first.
bool hw_join_cgroups(const hw_launch *launch, bool also_unified, struct hw_failure *failure);
/// Takes the identity of user 0 of the user namespace that was joined.
bool hw_become_root_inside(struct hw_failure *failure);
/// Clones the first process; `by_way`: from a process that has begun the root, as its sibling.
long hw_clone_first(hw_launch *launch, int control, int *pidfd, bool by_way);
/// Starts the first process by way of another one that joins and makes namespaces first.
int hw_start_by_way(hw_launch *launch, int pair[2], int *pidfd, int *control);
#endif
