#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

// Runs between vfork and execve: system calls only.
static int become(const struct support_spawn *spawn, int traced) {
    if (setpgid(0, 0) != 0) return errno;
    // The mount namespace last: it also changes the root directory, and the network one needs no path.
    if (spawn->network_namespace >= 0 && setns(spawn->network_namespace, CLONE_NEWNET) != 0) return errno;
    if (spawn->mount_namespace >= 0 && setns(spawn->mount_namespace, CLONE_NEWNS) != 0) return errno;
    if (spawn->makes_host) {
        if (unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) return errno;
        if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) return errno;
    }
    const int streams[3] = {spawn->standard_input, spawn->standard_output, spawn->standard_error};
    for (int i = 0; i < 3; i++) {
        // The caller keeps these descriptors above 2, so no dup2 overwrites a later source.
        if (streams[i] >= 0 && dup2(streams[i], i) < 0) return errno;
    }
    // Foundation opens without O_CLOEXEC: what outlives this moment must not keep another test's script open for writing.
    syscall(SYS_close_range, 3, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return errno;
    signal(SIGPIPE, SIG_DFL);
    if (traced && ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) return errno;
    execve(spawn->path, spawn->arguments, spawn->environment);
    return errno;
}

pid_t support_start(const struct support_spawn *spawn, int traced) {
    volatile int failure = 0;
    // vfork: the parent is a test process with a large address space and threads; the child only makes system calls.
    pid_t child = vfork();
    if (child < 0) return -errno;
    if (child == 0) {
        failure = become(spawn, traced);
        _exit(127);
    }
    if (failure != 0) {
        waitpid(child, NULL, __WALL);
        return -failure;
    }
    return child;
}

pid_t support_spawn(const struct support_spawn *spawn) { return support_start(spawn, 0); }

int support_reap(pid_t process, struct support_end *end) {
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    while (wait4(process, &end->status, __WALL, &usage) < 0) {
        if (errno != EINTR) return -errno;
    }
    end->processor_microseconds = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000L + usage.ru_utime.tv_usec
        + usage.ru_stime.tv_usec;
    return 0;
}

int support_wait(pid_t process, int timeout_milliseconds, struct support_end *end) {
    memset(end, 0, sizeof *end);
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    if (handle < 0) return -errno;
    struct pollfd ended = {.fd = handle, .events = POLLIN};
    int ready;
    do {
        ready = poll(&ended, 1, timeout_milliseconds);
    } while (ready < 0 && errno == EINTR);
    close(handle);
    if (ready == 0) {
        end->timed_out = 1;
        kill(-process, SIGKILL);
        kill(process, SIGKILL);
    }
    return support_reap(process, end);
}

struct work {
    void (*body)(void *context);
    void *context;
};

static void *work(void *argument) {
    struct work *given = argument;
    given->body(given->context);
    return NULL;
}

int support_threads(int count, void (*body)(void *context), void *context) {
    enum { MAXIMUM_THREADS = 256 };
    pthread_t threads[MAXIMUM_THREADS];
    struct work given = {body, context};
    int started = 0, failure = 0;
    while (started < count && started < MAXIMUM_THREADS) {
        failure = pthread_create(&threads[started], NULL, work, &given);
        if (failure != 0) break;
        started++;
    }
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
    return started > 0 ? 0 : -failure;
}

struct socket_request {
    int network_namespace, domain, type, result;
};

static void *open_socket(void *argument) {
    struct socket_request *request = argument;
    // A thread made for this: it changes namespace and ends.
    if (setns(request->network_namespace, CLONE_NEWNET) != 0) {
        request->result = -errno;
        return NULL;
    }
    int opened = socket(request->domain, request->type | SOCK_CLOEXEC, 0);
    request->result = opened < 0 ? -errno : opened;
    return NULL;
}

int support_socket(int network_namespace, int domain, int type) {
    struct socket_request request = {network_namespace, domain, type, -EAGAIN};
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, open_socket, &request);
    if (failure != 0) return -failure;
    pthread_join(thread, NULL);
    return request.result;
}

int support_pipe(int *reading, int *writing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    *reading = ends[0];
    *writing = ends[1];
    return 0;
}

int support_terminal(int *controller, int *terminal) {
    *controller = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*controller < 0) return -errno;
    int unlocked = 0;
    *terminal = -1;
    if (ioctl(*controller, TIOCSPTLCK, &unlocked) == 0)
        *terminal = ioctl(*controller, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*terminal >= 0) return 0;
    int error = errno;
    close(*controller);
    return -error;
}

int support_resize(int terminal, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size) == 0 ? 0 : -errno;
}

int support_anonymous_file(void) {
    int file = memfd_create("test", MFD_CLOEXEC);
    return file < 0 ? -errno : file;
}
