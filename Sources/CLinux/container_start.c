// A container that was created and waits for its start: by another process than the one that made it.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static bool failed(struct hw_failure *failure, const char *action, const char *subject) {
    *failure = (struct hw_failure){errno, action, subject};
    return false;
}

// By way of /proc: a socket's name has room for 107 bytes, a state directory's path may be longer.
static struct sockaddr_un start_address(int directory) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/start", directory);
    return address;
}

int hw_start_listen(int directory) {
    int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (listener < 0) return -errno;
    struct sockaddr_un address = start_address(directory);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 1)) {
        int error = errno;
        close(listener);
        return -error;
    }
    return listener;
}

int hw_start_connect(int directory) {
    int control = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (control < 0) return -errno;
    struct sockaddr_un address = start_address(directory);
    if (connect(control, (struct sockaddr *)&address, sizeof address)) {
        int error = errno;
        close(control);
        return -error;
    }
    return control;
}

int hw_console_send(const char *path, int terminal) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int console = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (console < 0) return -errno;
    int result = connect(console, (struct sockaddr *)&address, sizeof address) ? -errno : 0;
    static const char name[] = "/dev/ptmx";
    if (result == 0) result = hw_message_send(console, name, sizeof name - 1, terminal);
    close(console);
    return result;
}

int hw_control_send_state(int control, const char *state) {
    return hw_message_send(control, state, strlen(state) + 1, -1);
}

void hw_launch_set_create_hooks(hw_launch *launch, hw_hooks *hooks) {
    hw_hooks_free(launch->start.create_hooks);
    launch->start.create_hooks = hooks;
}

void hw_launch_set_start_hooks(hw_launch *launch, hw_hooks *hooks) {
    hw_hooks_free(launch->start.start_hooks);
    launch->start.start_hooks = hooks;
}

void hw_launch_set_reports_root(hw_launch *launch) { launch->start.reports_root = true; }
void hw_launch_set_start_socket(hw_launch *launch, int socket) { launch->start.socket = socket; }
void hw_launch_set_preserved(hw_launch *launch, int count) { launch->start.preserved = count; }

static char *receive_state(int control) {
    char *state = malloc(HW_STATE_LIMIT);
    if (!state) return NULL;
    ssize_t received;
    do received = recv(control, state, HW_STATE_LIMIT - 1, 0);
    while (received < 0 && errno == EINTR);
    if (received <= 0) {
        free(state);
        errno = ECONNRESET;
        return NULL;
    }
    state[received] = 0;
    return state;
}

static bool run_hooks(const hw_hooks *hooks, const char *kind, const char *state, struct hw_failure *failure) {
    static char text[200];
    if (!hooks || hw_hooks_run(hooks, state ? state : "", text, sizeof text) == 0) return true;
    errno = ECANCELED;
    return failed(failure, kind, text);
}

bool hw_before_root_is_entered(const struct hw_start *start, struct hw_failure *failure) {
    if (!start->reports_root) return true;
    hw_send_report(start->control, HW_REPORT_NAMESPACES, 0, "", "", -1);
    char *state = receive_state(start->control);
    // Whoever makes the container has given up: there is nobody to tell.
    if (!state) _exit(125);
    bool done = run_hooks(start->create_hooks, "createContainer hook", state, failure);
    free(state);
    return done;
}

// A lock or a directory of the host that came along must not be held for as long as the container waits.
static void close_others(const hw_launch *launch, int slave) {
    const int kept[] = {launch->start.socket, slave, launch->streams[0], launch->streams[1], launch->streams[2]};
    unsigned first = 3u + (unsigned)launch->start.preserved;
    while (true) {
        unsigned next = ~0u;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            if (kept[i] >= 0 && (unsigned)kept[i] >= first && (unsigned)kept[i] < next) next = (unsigned)kept[i];
        if (next > first) syscall(SYS_close_range, first, next == ~0u ? next : next - 1, 0);
        if (next == ~0u) return;
        first = next + 1;
    }
}

bool hw_await_start(hw_launch *launch, int slave, int *control) {
    struct hw_start *start = &launch->start;
    if (start->socket < 0) return true;
    close_others(launch, slave);
    int connection;
    do connection = accept4(start->socket, NULL, NULL, SOCK_CLOEXEC);
    while (connection < 0 && errno == EINTR);
    if (connection < 0) return false;
    *control = start->control = connection;
    start->state = receive_state(connection);
    return start->state != NULL;
}

bool hw_run_start_hooks(const struct hw_start *start, struct hw_failure *failure) {
    return run_hooks(start->start_hooks, "startContainer hook", start->state, failure);
}

static int is_program(const char *path) {
    struct stat status;
    if (stat(path, &status)) return errno;
    if (S_ISDIR(status.st_mode)) return EISDIR;
    return status.st_mode & 0111 ? 0 : EACCES;
}

// What execve will find, asked early: whoever creates a container learns of a missing command, not whoever starts it.
int hw_look_for_command(const hw_launch *launch) {
    const char *name = launch->arguments[0];
    char candidate[PATH_MAX];
    if (*name == '/') return is_program(name);
    if (strchr(name, '/')) {
        int written = snprintf(candidate, sizeof candidate, "%s/%s", launch->working_directory, name);
        return written > 0 && (size_t)written < sizeof candidate ? is_program(candidate) : ENAMETOOLONG;
    }
    const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (size_t i = 0; i < launch->environment_count; i++)
        if (strncmp(launch->environment[i], "PATH=", 5) == 0) path = launch->environment[i] + 5;
    int refusal = ENOENT;
    while (*name) {
        size_t length = strcspn(path, ":");
        int written = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, length ? path : ".", name);
        if (written > 0 && (size_t)written < sizeof candidate) {
            int found = is_program(candidate);
            if (found == 0) return 0;
            if (found == EACCES) refusal = found;
        }
        if (!path[length]) return refusal;
        path += length + 1;
    }
    return refusal;
}


// struct sched_attr of linux/sched/types.h, which libc's headers do not go together with.
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
};

int hw_set_scheduler(pid_t process, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
                     uint64_t deadline, uint64_t period) {
    struct attributes attributes = {sizeof attributes, policy, flags, nice, priority, runtime, deadline, period};
    return syscall(SYS_sched_setattr, process, &attributes, 0) ? -errno : 0;
}

int hw_set_io_priority(pid_t process, int priority) {
    return syscall(SYS_ioprio_set, 1 /* IOPRIO_WHO_PROCESS */, process, priority) ? -errno : 0;
}
