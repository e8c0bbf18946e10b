// The parent's side of a launch: filling it.
#define _GNU_SOURCE
#include "container_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

static void *grown(void *array, size_t count, size_t size) {
    if (count & (count - 1)) return array;  // room is doubled when the count reaches a power of two
    void *larger = realloc(array, (count ? count * 2 : 1) * size);
    if (!larger) abort();
    return larger;
}

static char *copied(const char *text) {
    char *copy = strdup(text);
    if (!copy) abort();
    return copy;
}

static void replace(char **place, const char *text) {
    free(*place);
    *place = text ? copied(text) : NULL;
}

hw_launch *hw_launch_new(void) {
    hw_launch *launch = calloc(1, sizeof *launch);
    if (!launch) abort();
    launch->streams[0] = launch->streams[1] = launch->streams[2] = launch->start.socket = -1;
    launch->cgroup = -1;
    launch->umask = 022;
    launch->propagation = MS_PRIVATE;
    for (int kind = 0; kind < HW_NAMESPACE_COUNT; kind++) launch->namespaces[kind] = HW_NAMESPACE_INHERITED;
    return launch;
}

static void free_strings(char **strings, size_t count) {
    for (size_t i = 0; i < count; i++) free(strings[i]);
    free(strings);
}

void hw_launch_free(hw_launch *launch) {
    for (size_t i = 0; i < launch->step_count; i++) {
        struct hw_step *step = &launch->steps[i];
        free(step->source), free(step->target), free(step->type), free(step->options);
    }
    free(launch->steps);
    free_strings(launch->arguments, launch->argument_count);
    free_strings(launch->environment, launch->environment_count);
    for (size_t i = 0; i < launch->sysctl_count; i++) free(launch->sysctls[i].path), free(launch->sysctls[i].value);
    free(launch->sysctls);
    free(launch->groups), free(launch->mappings[0]), free(launch->mappings[1]), free(launch->limits);
    free(launch->legacy_cgroups), free(launch->filter);
    free(launch->state_directory), free(launch->working_directory), free(launch->hostname);
    free(launch->domain_name), free(launch->private_size);
    hw_hooks_free(launch->start.create_hooks), hw_hooks_free(launch->start.start_hooks);
    free(launch);
}

void hw_launch_add_step(hw_launch *launch, int kind, const char *source, const char *target, const char *type,
                        const char *options, unsigned long flags) {
    launch->steps = grown(launch->steps, launch->step_count, sizeof *launch->steps);
    launch->steps[launch->step_count++] = (struct hw_step){
        .kind = kind, .source = copied(source), .target = copied(target), .type = copied(type),
        .options = copied(options), .flags = flags};
}

// Both lists end in a null pointer, as execve wants them.
static void add_string(char ***strings, size_t *count, const char *text) {
    if (*count == 0) *strings = grown(*strings, 0, sizeof **strings);
    (*strings)[(*count)++] = copied(text);
    *strings = grown(*strings, *count, sizeof **strings);
    (*strings)[*count] = NULL;
}

void hw_launch_add_argument(hw_launch *launch, const char *argument) {
    add_string(&launch->arguments, &launch->argument_count, argument);
}

void hw_launch_add_environment(hw_launch *launch, const char *assignment) {
    add_string(&launch->environment, &launch->environment_count, assignment);
}

void hw_launch_add_group(hw_launch *launch, uint32_t group) {
    launch->groups = grown(launch->groups, launch->group_count, sizeof *launch->groups);
    launch->groups[launch->group_count++] = group;
}

void hw_launch_set_directories(hw_launch *launch, const char *state, const char *working) {
    replace(&launch->state_directory, state);
    replace(&launch->working_directory, working);
}

void hw_launch_set_private_size(hw_launch *launch, const char *size) { replace(&launch->private_size, size); }

void hw_launch_set_terminal_size(hw_launch *launch, uint16_t rows, uint16_t columns) {
    launch->rows = rows;
    launch->columns = columns;
}

void hw_launch_set_hostname(hw_launch *launch, const char *hostname) { replace(&launch->hostname, hostname); }

void hw_launch_set_user(hw_launch *launch, uint32_t uid, uint32_t gid) {
    launch->uid = uid;
    launch->gid = gid;
}

void hw_launch_set_domain_name(hw_launch *launch, const char *name) { replace(&launch->domain_name, name); }

void hw_launch_set_capabilities(hw_launch *launch, struct hw_capabilities capabilities) {
    launch->capabilities = capabilities;
}

void hw_launch_set_flags(hw_launch *launch, unsigned flags) { launch->flags = flags; }
void hw_launch_set_cgroup(hw_launch *launch, int directory) { launch->cgroup = directory; }
void hw_launch_set_namespace(hw_launch *launch, int kind, int how) { launch->namespaces[kind] = how; }

void hw_launch_add_mapping(hw_launch *launch, bool group, uint32_t inside, uint32_t outside, uint32_t count) {
    size_t *known = &launch->mapping_count[group];
    struct hw_mapping **list = &launch->mappings[group];
    *list = grown(*list, *known, sizeof **list);
    (*list)[(*known)++] = (struct hw_mapping){inside, outside, count};
}

void hw_launch_add_legacy_cgroup(hw_launch *launch, int directory) {
    launch->legacy_cgroups = grown(launch->legacy_cgroups, launch->legacy_cgroup_count, sizeof(int));
    launch->legacy_cgroups[launch->legacy_cgroup_count++] = directory;
}

void hw_launch_set_device(hw_launch *launch, char type, uint32_t major, uint32_t minor, uint32_t mode, uint32_t uid,
                          uint32_t gid) {
    struct hw_step *step = &launch->steps[launch->step_count - 1];
    step->device.type = type;
    step->device.major = major, step->device.minor = minor;
    step->device.mode = mode, step->device.uid = uid, step->device.gid = gid;
}

void hw_launch_set_mount(hw_launch *launch, const struct hw_mount *mount) {
    launch->steps[launch->step_count - 1].mount = *mount;
}

void hw_launch_add_limit(hw_launch *launch, int resource, uint64_t soft, uint64_t hard) {
    launch->limits = grown(launch->limits, launch->limit_count, sizeof *launch->limits);
    launch->limits[launch->limit_count++] = (struct hw_limit){resource, soft, hard};
}

void hw_launch_add_sysctl(hw_launch *launch, const char *path, const char *value) {
    launch->sysctls = grown(launch->sysctls, launch->sysctl_count, sizeof *launch->sysctls);
    launch->sysctls[launch->sysctl_count++] = (struct hw_sysctl){copied(path), copied(value)};
}

void hw_launch_set_filter(hw_launch *launch, const void *program, size_t count, unsigned flags) {
    free(launch->filter);
    launch->filter = malloc(count ? count : 1);
    if (!launch->filter) abort();
    if (count) memcpy(launch->filter, program, count);
    launch->filter_size = count;
    launch->filter_flags = flags;
}

void hw_launch_set_oom_score(hw_launch *launch, int score) {
    launch->has_oom_score = true;
    launch->oom_score = score;
}

void hw_launch_set_umask(hw_launch *launch, uint32_t mask) { launch->umask = mask; }

void hw_launch_set_personality(hw_launch *launch, unsigned long personality) {
    launch->has_personality = true;
    launch->personality = personality;
}

void hw_launch_set_propagation(hw_launch *launch, unsigned long propagation) { launch->propagation = propagation; }

void hw_launch_set_streams(hw_launch *launch, int input, int output, int error) {
    launch->streams[0] = input;
    launch->streams[1] = output;
    launch->streams[2] = error;
}
