#include "CLinux.h"

#include <execinfo.h>
#include <linux/nsfs.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <regex.h>

int clinux_ignore_broken_pipes(int ignored) { return signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL) == SIG_IGN; }

int clinux_namespace_type(int descriptor) { return ioctl(descriptor, NS_GET_NSTYPE); }

unsigned long clinux_file_system_magic(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 ? (unsigned long)status.f_type : 0;
}

// The timer goes off once and again every 10 ms, so that a signal that comes just before flock() blocks is not the last.
static void on_alarm(int number) { (void)number; }

// The kernel sends the signal to the waiting thread alone, and its handler stays: other threads may wait for other locks.
// It is unblocked meanwhile: libdispatch's threads block all signals.
int clinux_lock(int descriptor, int shared, int timeout_milliseconds) {
    const int operation = shared ? LOCK_SH : LOCK_EX;
    if (flock(descriptor, operation | LOCK_NB) == 0) return 0;
    if (errno != EWOULDBLOCK && errno != EINTR) return -1;
    struct timespec now, deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_milliseconds / 1000;
    deadline.tv_nsec += (timeout_milliseconds % 1000) * 1000000L;
    if (deadline.tv_nsec >= 1000000000L) { deadline.tv_sec++; deadline.tv_nsec -= 1000000000L; }
    const int alarm_signal = SIGRTMAX - 2;
    struct sigaction action = {.sa_handler = on_alarm};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = alarm_signal};
    event._sigev_un._tid = gettid();
    const struct itimerspec period = {.it_value = deadline, .it_interval = {0, 10000000}};
    timer_t timer;
    if (sigaction(alarm_signal, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return -1;
    sigset_t wanted, before;
    sigemptyset(&wanted);
    sigaddset(&wanted, alarm_signal);
    pthread_sigmask(SIG_UNBLOCK, &wanted, &before);
    timer_settime(timer, TIMER_ABSTIME, &period, NULL);
    int failure = 0;
    while (flock(descriptor, operation) != 0) {
        failure = errno;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int late = now.tv_sec > deadline.tv_sec || (now.tv_sec == deadline.tv_sec && now.tv_nsec >= deadline.tv_nsec);
        if (failure != EINTR || late) { failure = failure == EINTR ? ETIMEDOUT : failure; break; }
        failure = 0;
    }
    timer_delete(timer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = failure;
    return failure == 0 ? 0 : -1;
}

static void place(int descriptor, int target) {
    if (descriptor >= 0) {
        if (dup2(descriptor, target) < 0) _exit(127);
        return;
    }
    int null = open("/dev/null", target == 0 ? O_RDONLY : O_WRONLY);
    if (null < 0 || (null != target && dup2(null, target) < 0)) _exit(127);
}

static long long monotonic_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

// Answers with errno once it gives up. A file that anyone has open for writing cannot be executed (ETXTBSY): one that is being
// replaced, or whose writer's descriptor another thread's child holds between its fork and its exec. Nothing tells when that
// is over: the kernel reports the close before it lets the file go. Only calls that are safe after a fork.
static void execute_when_written(const struct clinux_spawn_request *request) {
    const long long deadline = monotonic_milliseconds() + CLINUX_BUSY_MILLISECONDS;
    for (int pause = 1;; pause = pause < 32 ? pause * 2 : 32) {
        execve(request->path, request->arguments, request->environment);
        if (errno != ETXTBSY || monotonic_milliseconds() >= deadline) return;
        poll(NULL, 0, pause);
    }
}

pid_t clinux_spawn(const struct clinux_spawn_request *request) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -1;
    // No copy of this process's memory is made for a child that only makes system calls; the caller stands still meanwhile.
    pid_t child = vfork();
    if (child == 0) {
        // Above the three standard places, whatever numbers were handed in.
        int in = request->standard_input, out = request->standard_output, err = request->standard_error;
        if (in >= 0) in = fcntl(in, F_DUPFD_CLOEXEC, 10);
        if (out >= 0) out = fcntl(out, F_DUPFD_CLOEXEC, 10);
        if (err >= 0) err = fcntl(err, F_DUPFD_CLOEXEC, 10);
        int back = fcntl(report[1], F_DUPFD_CLOEXEC, 10);
        place(in, 0);
        place(out, 1);
        place(err, 2);
        // Closed now and not by exec: one of them may be what keeps the program from being executed.
        if (dup3(back, 3, O_CLOEXEC) != 3) _exit(127);
        syscall(SYS_close_range, 4, ~0U, 0);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        execute_when_written(request);
        int failure = errno;
        if (write(3, &failure, sizeof failure) < 0) _exit(126);
        _exit(127);
    }
    close(report[1]);
    int failure = child < 0 ? errno : 0;
    if (child > 0) {
        ssize_t got;
        do got = read(report[0], &failure, sizeof failure); while (got < 0 && errno == EINTR);
        if (got != sizeof failure) failure = 0;
        if (failure != 0) waitpid(child, NULL, 0);
    }
    close(report[0]);
    errno = failure;
    return failure == 0 ? child : -1;
}

struct thread_start {
    void (*body)(void *);
    void *context;
};
static void *start(void *argument) {
    struct thread_start *thread = argument;
    thread->body(thread->context);
    return NULL;
}
int clinux_run_on_thread(void (*body)(void *), void *context) {
    struct thread_start argument = {body, context};
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, start, &argument);
    if (failure != 0) { errno = failure; return -1; }
    pthread_join(thread, NULL);
    return 0;
}

int clinux_pattern_matches(const char *pattern, const char *text) {
    regex_t expression;
    if (regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB) != 0) return -1;
    int found = regexec(&expression, text, 0, NULL, 0) == 0;
    regfree(&expression);
    return found;
}

// A trap of Embedded Swift prints nothing by itself (docs/decisions.md). Only async-signal-safe calls here.
static void report_trap(int number) {
    static const char document[] =
        "{\n    \"code\": 999,\n    \"msg\": \"internal error: the plugin trapped; a backtrace is on stderr\"\n}\n";
    void *frames[32];
    if (write(STDOUT_FILENO, document, sizeof document - 1) < 0) _exit(1);
    backtrace_symbols_fd(frames, backtrace(frames, 32), STDERR_FILENO);
    (void)number;
    _exit(1);
}

int clinux_open_streams(void) {
    for (int stream = 0; stream <= 2; stream++) {
        if (fcntl(stream, F_GETFD) < 0 && open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY) != stream) return -1;
    }
    return 0;
}

void clinux_keep_freed_memory(void) {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 1 << 19);
}

void clinux_install_trap_report(void) {
    struct sigaction action = {.sa_handler = report_trap, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}
