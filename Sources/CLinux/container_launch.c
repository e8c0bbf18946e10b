// The parent's side of a launch: filling it, starting it, talking to the child.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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
    *place = copied(text);
}

hw_launch *hw_launch_new(void) {
    hw_launch *launch = calloc(1, sizeof *launch);
    if (!launch) abort();
    launch->streams[0] = launch->streams[1] = launch->streams[2] = -1;
    launch->cgroup = launch->network = -1;
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
    free(launch->groups);
    free(launch->state_directory), free(launch->working_directory), free(launch->hostname), free(launch->private_size);
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

void hw_launch_set_capabilities(hw_launch *launch, uint64_t capabilities) { launch->capabilities = capabilities; }
void hw_launch_set_flags(hw_launch *launch, unsigned flags) { launch->flags = flags; }
void hw_launch_set_cgroup(hw_launch *launch, int directory) { launch->cgroup = directory; }
void hw_launch_set_network(hw_launch *launch, int descriptor) { launch->network = descriptor; }

void hw_launch_set_streams(hw_launch *launch, int input, int output, int error) {
    launch->streams[0] = input;
    launch->streams[1] = output;
    launch->streams[2] = error;
}

long hw_clone3(uint64_t flags, int *pidfd, int cgroup, int exit_signal) {
    struct clone_args arguments = {
        .flags = flags, .pidfd = (uint64_t)(uintptr_t)pidfd, .exit_signal = (uint64_t)exit_signal};
    if (pidfd) arguments.flags |= CLONE_PIDFD;
    if (cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)cgroup;
    }
    long result = syscall(SYS_clone3, &arguments, sizeof arguments);
    return result < 0 ? -errno : result;
}

int hw_message_send(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec part = {(void *)bytes, count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } ancillary = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

ssize_t hw_message_receive(int socket, void *bytes, size_t count, int *descriptor) {
    struct iovec part = {bytes, count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } ancillary = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    *descriptor = -1;
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return errno == ECONNRESET ? 0 : -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : received;
}

// A parent that is gone cannot be told; the death signal set at the start ends the child.
void hw_send_report(int control, int kind, int error, const char *action, const char *subject, int descriptor) {
    struct hw_report report = {.kind = kind, .error = error};
    size_t room = sizeof report.text - 1;
    strncat(report.text, action, room);
    if (subject && *subject) {
        strncat(report.text, " ", room - strlen(report.text));
        strncat(report.text, subject, room - strlen(report.text));
    }
    hw_message_send(control, &report, sizeof report, descriptor);
}

int hw_control_receive(int control, struct hw_report *report, int *descriptor) {
    memset(report, 0, sizeof *report);
    ssize_t received = hw_message_receive(control, report, sizeof *report, descriptor);
    if (received <= 0) return (int)received;
    if ((size_t)received != sizeof *report) return -EPROTO;
    report->text[sizeof report->text - 1] = 0;
    return 1;
}

int hw_control_open_gate(int control) { return hw_message_send(control, "s", 1, -1); }

int hw_message_pair(int *first, int *second) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    *first = pair[0];
    *second = pair[1];
    return 0;
}
