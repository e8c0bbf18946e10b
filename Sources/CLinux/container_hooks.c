// Programs run at points of a container's life, by its runtime or by the child between clone and exec.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct hook {
    char *path;
    char **arguments, **environment;
    size_t argument_count, environment_count;
    int seconds;
};

struct hw_hooks {
    struct hook *list;
    size_t count;
};

static void *resized(void *memory, size_t size) {
    void *larger = realloc(memory, size);
    if (!larger) abort();
    return larger;
}

static void add_string(char ***strings, size_t *count, const char *text) {
    *strings = resized(*strings, (*count + 2) * sizeof **strings);
    if (!((*strings)[(*count)++] = strdup(text))) abort();
    (*strings)[*count] = NULL;
}

hw_hooks *hw_hooks_new(void) {
    hw_hooks *hooks = calloc(1, sizeof *hooks);
    if (!hooks) abort();
    return hooks;
}

void hw_hooks_free(hw_hooks *hooks) {
    if (!hooks) return;
    for (size_t i = 0; i < hooks->count; i++) {
        struct hook *hook = &hooks->list[i];
        for (size_t j = 0; j < hook->argument_count; j++) free(hook->arguments[j]);
        for (size_t j = 0; j < hook->environment_count; j++) free(hook->environment[j]);
        free(hook->arguments), free(hook->environment), free(hook->path);
    }
    free(hooks->list);
    free(hooks);
}

void hw_hooks_add(hw_hooks *hooks, const char *path, int seconds) {
    hooks->list = resized(hooks->list, (hooks->count + 1) * sizeof *hooks->list);
    struct hook *hook = &hooks->list[hooks->count++];
    *hook = (struct hook){.path = strdup(path), .seconds = seconds};
    if (!hook->path) abort();
    hook->environment = resized(NULL, sizeof *hook->environment);
    hook->environment[0] = NULL;
}

void hw_hooks_add_argument(hw_hooks *hooks, const char *argument) {
    struct hook *hook = &hooks->list[hooks->count - 1];
    add_string(&hook->arguments, &hook->argument_count, argument);
}

void hw_hooks_add_environment(hw_hooks *hooks, const char *assignment) {
    struct hook *hook = &hooks->list[hooks->count - 1];
    add_string(&hook->environment, &hook->environment_count, assignment);
}

_Noreturn static void execute(const struct hook *hook, int input, int output, int refusal) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    fcntl(refusal, F_SETFD, FD_CLOEXEC);
    // Everything but the standard streams ends with exec, so that no descriptor of the runtime reaches a hook.
    syscall(SYS_close_range, 3, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
    execve(hook->path, hook->arguments, hook->environment);
    int error = errno;
    if (write(refusal, &error, sizeof error) < 0) _exit(126);
    _exit(127);
}

// 1: ended, 0: took too long.
static int wait_for(pid_t process, int seconds, int *status) {
    if (seconds == 0) {
        while (waitpid(process, status, 0) < 0 && errno == EINTR) {
        }
        return 1;
    }
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t end = now.tv_sec * 1000ll + now.tv_nsec / 1000000 + seconds * 1000ll, left = seconds * 1000ll;
    struct pollfd wait = {.fd = handle, .events = POLLIN};
    int ready = 0;
    while (handle >= 0 && left > 0 && (ready = poll(&wait, 1, left > INT32_MAX ? INT32_MAX : (int)left)) <= 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        left = end - (now.tv_sec * 1000ll + now.tv_nsec / 1000000);
    }
    if (handle >= 0) close(handle);
    if (ready <= 0) kill(process, SIGKILL);
    while (waitpid(process, status, 0) < 0 && errno == EINTR) {
    }
    return ready > 0;
}

// The end of what a hook said, as one line.
static void append_output(int output, char *text, size_t size) {
    char said[160];
    off_t end = lseek(output, 0, SEEK_END);
    off_t from = end > (off_t)sizeof said ? end - (off_t)sizeof said : 0;
    ssize_t got = pread(output, said, sizeof said, from);
    while (got > 0 && (said[got - 1] == '\n' || said[got - 1] == ' ')) got--;
    if (got <= 0) return;
    for (ssize_t i = 0; i < got; i++)
        if ((unsigned char)said[i] < ' ') said[i] = ' ';
    size_t used = strlen(text);
    snprintf(text + used, size - used, ": %.*s", (int)got, said);
}

static bool run(const struct hook *hook, const char *state, char *text, size_t size) {
    int input = memfd_create("state", MFD_CLOEXEC), output = memfd_create("output", MFD_CLOEXEC), refusal[2] = {-1, -1};
    size_t length = strlen(state);
    bool done = false;
    if (input < 0 || output < 0 || pipe(refusal) || write(input, state, length) != (ssize_t)length
        || lseek(input, 0, SEEK_SET)) {
        snprintf(text, size, "%s: %s", hook->path, strerror(errno));
    } else {
        pid_t process = fork();
        if (process == 0) execute(hook, input, output, refusal[1]);
        close(refusal[1]);
        refusal[1] = -1;
        int error = 0, status = 0;
        if (process < 0) {
            snprintf(text, size, "%s: fork: %s", hook->path, strerror(errno));
        } else if (read(refusal[0], &error, sizeof error) == sizeof error) {
            wait_for(process, 0, &status);
            snprintf(text, size, "%s: %s", hook->path, strerror(error));
        } else if (!wait_for(process, hook->seconds, &status)) {
            snprintf(text, size, "%s: took longer than %d s", hook->path, hook->seconds);
        } else if (WIFSIGNALED(status)) {
            snprintf(text, size, "%s: ended by signal %d", hook->path, WTERMSIG(status));
            append_output(output, text, size);
        } else if (WEXITSTATUS(status)) {
            snprintf(text, size, "%s: exit status %d", hook->path, WEXITSTATUS(status));
            append_output(output, text, size);
        } else {
            done = true;
        }
    }
    if (input >= 0) close(input);
    if (output >= 0) close(output);
    if (refusal[0] >= 0) close(refusal[0]);
    if (refusal[1] >= 0) close(refusal[1]);
    return done;
}

int hw_hooks_run(const hw_hooks *hooks, const char *state, char *text, size_t size) {
    for (size_t i = 0; i < hooks->count; i++)
        if (!run(&hooks->list[i], state, text, size)) return (int)i + 1;
    return 0;
}
