// The child half of a container: everything that happens between clone and exec, where no Swift may run.
// The parent fills a launch (every string is copied), starts it, and talks to the child over one SOCK_SEQPACKET socket.
#ifndef HAWSER_CONTAINER_H
#define HAWSER_CONTAINER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct hw_launch hw_launch;

/// One step in building the container's root; targets are resolved inside that root, whatever links it holds.
enum hw_step_kind {
    HW_STEP_DIRECTORY,   // target; mode in flags
    HW_STEP_SYMLINK,     // target, source: what the link says
    HW_STEP_TREE,        // source: a directory of the host, seen as an unprivileged user sees it; type: its short name
    HW_STEP_FILESYSTEM,  // type, target, options; mount(2) flags
    HW_STEP_BIND,        // source, target; HW_BIND_* in flags; a missing target is made
    HW_STEP_MASK,        // target becomes empty and read-only; absence is fine
    HW_STEP_READ_ONLY,   // target becomes read-only; absence is fine
};

enum { HW_TREE_READ_ONLY = 1 };  // a tree without a private upper
enum { HW_BIND_READ_ONLY = 1, HW_BIND_RECURSIVE = 2, HW_BIND_OPTIONAL = 4, HW_BIND_DEVICES = 8 };

enum {
    HW_LAUNCH_TERMINAL = 1,          // the command's streams are a new pseudo-terminal of the container
    HW_LAUNCH_NO_NEW_PRIVILEGES = 2,
    HW_LAUNCH_NEW_NETWORK = 4,       // else the caller's, or the one given by hw_launch_set_network
    HW_LAUNCH_PRIVATE_TMPFS = 8,     // the private layer lives in memory
    HW_LAUNCH_DETACHED = 32,         // exec: the container's init reaps the command
};

enum hw_report_kind {
    HW_REPORT_READY = 1,        // namespaces and root are made; the child waits at its gate
    HW_REPORT_SETUP_FAILED = 2, // error, text: the step and its subject
    HW_REPORT_EXEC_FAILED = 3,  // error, text: the command
    HW_REPORT_PROCESS = 4,      // exec: error holds the command's process id in the caller's namespace
};

/// What the child tells its parent; `text` is always terminated.
struct hw_report {
    int32_t kind;
    int32_t error;
    char text[248];
};

hw_launch *hw_launch_new(void);
void hw_launch_free(hw_launch *launch);
void hw_launch_add_step(hw_launch *launch, int kind, const char *source, const char *target, const char *type,
                        const char *options, unsigned long flags);
void hw_launch_add_argument(hw_launch *launch, const char *argument);
void hw_launch_add_environment(hw_launch *launch, const char *assignment);
void hw_launch_add_group(hw_launch *launch, uint32_t group);
void hw_launch_set_directories(hw_launch *launch, const char *state, const char *working);
void hw_launch_set_private_size(hw_launch *launch, const char *size);
void hw_launch_set_terminal_size(hw_launch *launch, uint16_t rows, uint16_t columns);
void hw_launch_set_hostname(hw_launch *launch, const char *hostname);
void hw_launch_set_user(hw_launch *launch, uint32_t uid, uint32_t gid);
void hw_launch_set_capabilities(hw_launch *launch, uint64_t capabilities);
void hw_launch_set_flags(hw_launch *launch, unsigned flags);
void hw_launch_set_streams(hw_launch *launch, int input, int output, int error);
void hw_launch_set_cgroup(hw_launch *launch, int directory);
void hw_launch_set_network(hw_launch *launch, int descriptor);

/// Clones the container's first process, which builds the root, reports READY and waits at its gate; after that a
/// failure or end of file: the command runs. Returns its process id, or -errno; `*pidfd` and `*control` are the
/// caller's to close. The calling process must have one thread.
int hw_launch_start(hw_launch *launch, int *pidfd, int *control);

/// Runs a command in the namespaces of the process behind `pidfd`; returns 0 or -errno.
/// Reports PROCESS, READY with the terminal when one was asked for, then a failure or end of file: the command runs.
/// The calling process must have one thread.
int hw_launch_enter(hw_launch *launch, int pidfd, int *control);

/// Opens the child's gate. Returns 0 or -errno.
int hw_control_open_gate(int control);

/// Receives one report; `*descriptor` is a terminal's master side or -1. Returns 1, 0 at end of file, or -errno.
int hw_control_receive(int control, struct hw_report *report, int *descriptor);

/// A connected pair of SOCK_SEQPACKET sockets. Returns 0 or -errno.
int hw_message_pair(int *first, int *second);
/// Sends one message, with a descriptor unless that is -1. Returns 0 or -errno.
int hw_message_send(int socket, const void *bytes, size_t count, int descriptor);
/// Receives one message; `*descriptor` came with it or is -1. Returns its length, 0 at end of file, or -errno.
ssize_t hw_message_receive(int socket, void *bytes, size_t count, int *descriptor);

/// Terminal and signal shims: return 0 (or a descriptor) or -errno.
int hw_terminal_set_raw(int terminal, void *saved, size_t size);
int hw_terminal_restore(int terminal, const void *saved);
int hw_terminal_size(int terminal, uint16_t *rows, uint16_t *columns);
int hw_terminal_resize(int terminal, uint16_t rows, uint16_t columns);
int hw_signal_descriptor(const int *signals, size_t count);
int hw_signal_read(int descriptor);
int hw_pidfd_send(int pidfd, int signal);
/// The exit of a child: returns 1 with the wait status in `*status`, 0 when it has not ended, or -errno.
int hw_wait(pid_t process, bool block, int *status);
/// Removes a file or a whole directory without following links or leaving its mount. Returns 0 or -errno.
int hw_remove_tree(const char *path);
/// Whether someone's socket holds a port of the calling thread's network namespace: 1, 0, or -errno.
int hw_port_is_taken(int family, const void *address, uint16_t port, bool stream);
int hw_make_subreaper(void);
#endif
