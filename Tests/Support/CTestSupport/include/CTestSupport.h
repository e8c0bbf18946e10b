// What the tests need from the kernel below Swift: processes born in namespaces, a tracer, sockets in namespaces.
#ifndef HAWSER_CTESTSUPPORT_H
#define HAWSER_CTESTSUPPORT_H

#include <stdint.h>
#include <sys/types.h>

/// How a process is born. Descriptors and namespaces of -1 are left alone; all other descriptors are expected to be
/// close-on-exec.
struct support_spawn {
    const char *path;
    char *const *arguments;
    char *const *environment;
    int standard_input;
    int standard_output;
    int standard_error;
    int mount_namespace;
    int network_namespace;
    /// Whether it gets a network and a mount namespace of its own, with private propagation.
    int makes_host;
};

/// The end of a process. `status` is as wait(2) gives it.
struct support_end {
    int status;
    int timed_out;
    long processor_microseconds;
};

/// Starts a process in a process group of its own; -errno when it could not be executed.
pid_t support_spawn(const struct support_spawn *spawn);
/// Waits until the deadline, kills the group then, and reaps the process.
int support_wait(pid_t process, int timeout_milliseconds, struct support_end *end);

enum support_fault {
    SUPPORT_COUNT = 0,
    /// SIGKILL on entry of the n-th system call: that call is not made.
    SUPPORT_KILL_AT_CALL = 1,
    /// The n-th netlink request gets a type that the kernel refuses.
    SUPPORT_REFUSE_REQUEST = 2,
};

struct support_trace {
    enum support_fault fault;
    unsigned long position;
    unsigned long calls;
    unsigned long requests;
    int injected;
    /// The peak resident set of the program itself; what wait4 tells includes the process it was made from.
    long resident_kilobytes;
};

/// Runs a process to its end under ptrace, with at most one fault. Counts are of the process and its threads, not of
/// processes it starts.
int support_trace_run(
    const struct support_spawn *spawn, struct support_trace *trace, int timeout_milliseconds, struct support_end *end);

/// Calls `body(context)` on `count` threads at once and waits for all of them; -errno when no thread could be made.
int support_threads(int count, void (*body)(void *context), void *context);

/// Makes one system call in a child that has loaded a seccomp filter. 0 with the call's errno in `*failure` (0: it succeeded;
/// negative: the filter was not loaded), the signal that ended the child, or -errno.
int support_filtered_call(
    const void *filter, unsigned long size, unsigned flags, long call, const unsigned long *arguments, int *failure);

/// A close-on-exec socket that was born in a network namespace; -errno.
int support_socket(int network_namespace, int domain, int type);
/// A pipe, close-on-exec; -errno.
int support_pipe(int *reading, int *writing);
/// Both sides of a new terminal, close-on-exec: what is typed at the controller is read from the terminal; -errno.
int support_terminal(int *controller, int *terminal);
/// Gives a terminal another size, and tells its programs; -errno.
int support_resize(int terminal, unsigned short rows, unsigned short columns);
/// An empty anonymous file, close-on-exec.
int support_anonymous_file(void);

#endif
