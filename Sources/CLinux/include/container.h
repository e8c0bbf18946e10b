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
    HW_STEP_READ_ONLY,   // target becomes read-only, with what is mounted below unless HW_ALONE; absence is fine
    HW_STEP_ROOT,        // source: a directory of the host that becomes the whole root, in place; HW_BIND_* in flags
    HW_STEP_LAYERS,      // source: directories, the lowest first, a line each: the whole root, below a private upper
    HW_STEP_DEVICE,      // target; hw_launch_set_device says which
    HW_STEP_MOUNT,       // any mount: hw_launch_set_mount says how
};

enum { HW_TREE_READ_ONLY = 1 };  // a tree without a private upper
enum { HW_BIND_READ_ONLY = 1, HW_BIND_RECURSIVE = 2, HW_BIND_OPTIONAL = 4, HW_BIND_DEVICES = 8 };
enum { HW_ALONE = 1 };

/// How HW_STEP_MOUNT mounts; attributes are MOUNT_ATTR_*, propagation an MS_* flag or 0 for private.
struct hw_mount {
    bool bind, recursive;               // a part of the host; else a file system of the step's type
    uint64_t set, cleared;              // of the mount itself
    uint64_t set_below, cleared_below;  // of the mount and all below it
    uint64_t propagation;
    bool copies_up;                     // a new file system begins with what it covers
};

enum {
    HW_LAUNCH_TERMINAL = 1,          // the command's streams are a new pseudo-terminal of the container
    HW_LAUNCH_NO_NEW_PRIVILEGES = 2,
    HW_LAUNCH_PRIVATE_TMPFS = 8,     // the private layer lives in memory
    HW_LAUNCH_DETACHED = 32,         // enter: the container's init reaps the command
    HW_LAUNCH_NO_INIT = 64,          // the command is the container's process 1
    HW_LAUNCH_EARLY_GATE = 128,      // reports NAMESPACES and waits at a gate before the root is built
    HW_LAUNCH_CONSOLE = 256,         // the terminal is /dev/console as well
    HW_LAUNCH_OUTLIVES = 512,        // the container does not end with the process that starts it
    HW_LAUNCH_KEEP_KEYRING = 1024,
    HW_LAUNCH_CAPABILITY_SETS = 2048,  // the five sets are taken as they are; else they follow from the bounding set
};

/// Kinds of namespaces, and for each of them what the container has: the caller's, a new one, or the one of a descriptor.
enum hw_namespace {
    HW_NAMESPACE_USER,
    HW_NAMESPACE_PID,
    HW_NAMESPACE_NETWORK,
    HW_NAMESPACE_IPC,
    HW_NAMESPACE_UTS,
    HW_NAMESPACE_CGROUP,
    HW_NAMESPACE_TIME,
    HW_NAMESPACE_COUNT,
};
enum { HW_NAMESPACE_INHERITED = -1, HW_NAMESPACE_NEW = -2 };

enum hw_report_kind {
    HW_REPORT_READY = 1,        // namespaces and root are made; the child waits at its gate
    HW_REPORT_SETUP_FAILED = 2, // error, text: the step and its subject
    HW_REPORT_EXEC_FAILED = 3,  // error, text: the command
    HW_REPORT_PROCESS = 4,      // error holds the command's process id in the caller's namespace
    HW_REPORT_NAMESPACES = 5,   // the namespaces are made; the child waits at its early gate
};

/// What the child tells its parent; `text` is always terminated.
struct hw_report {
    int32_t kind;
    int32_t error;
    char text[248];
};

/// Sets of capabilities, a bit for each number.
struct hw_capabilities {
    uint64_t bounding, effective, permitted, inheritable, ambient;
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
void hw_launch_set_capabilities(hw_launch *launch, struct hw_capabilities capabilities);
void hw_launch_set_domain_name(hw_launch *launch, const char *name);
void hw_launch_set_flags(hw_launch *launch, unsigned flags);
void hw_launch_set_streams(hw_launch *launch, int input, int output, int error);
void hw_launch_set_cgroup(hw_launch *launch, int directory);
/// `how` is HW_NAMESPACE_INHERITED (the default), HW_NAMESPACE_NEW, or a descriptor that stays the caller's.
void hw_launch_set_namespace(hw_launch *launch, int kind, int how);
/// A line of uid_map or gid_map for a new user namespace.
void hw_launch_add_mapping(hw_launch *launch, bool group, uint32_t inside, uint32_t outside, uint32_t count);
/// A control group directory of version 1, to be joined by writing to its cgroup.procs; `directory` stays the caller's.
void hw_launch_add_legacy_cgroup(hw_launch *launch, int directory);
/// Which device, type 'c', 'b' or 'p', the step added last makes.
void hw_launch_set_device(hw_launch *launch, char type, uint32_t major, uint32_t minor, uint32_t mode, uint32_t uid,
                          uint32_t gid);
/// How the step added last mounts.
void hw_launch_set_mount(hw_launch *launch, const struct hw_mount *mount);
/// A limit of getrlimit(2); what may not be raised stays as high as it may be.
void hw_launch_add_limit(hw_launch *launch, int resource, uint64_t soft, uint64_t hard);
/// A file below /proc/sys and what is written to it, from inside the new namespaces.
void hw_launch_add_sysctl(hw_launch *launch, const char *path, const char *value);
/// A seccomp program: `count` bytes of struct sock_filter, and flags of seccomp(2).
void hw_launch_set_filter(hw_launch *launch, const void *program, size_t count, unsigned flags);
/// What goes to /proc/self/oom_score_adj; lowering it without the right to is no error.
void hw_launch_set_oom_score(hw_launch *launch, int score);
void hw_launch_set_umask(hw_launch *launch, uint32_t mask);
/// personality(2).
void hw_launch_set_personality(hw_launch *launch, unsigned long personality);
/// Propagation of the root's mounts: an MS_* flag; MS_PRIVATE by default.
void hw_launch_set_propagation(hw_launch *launch, unsigned long propagation);

/// Clones the container's first process, which builds the root, reports READY and waits at its gate; after that a
/// failure or end of file: the command runs. Returns its process id, or -errno; `*pidfd` and `*control` are the
/// caller's to close. With -ECHILD the first process did not come to be and `*control` holds its report. The calling
/// process must have one thread.
int hw_launch_start(hw_launch *launch, int *pidfd, int *control);

/// Runs a command in all namespaces of the process behind `pidfd`; returns 0 or -errno.
/// Reports PROCESS, READY with the terminal when one was asked for, then a failure or end of file: the command runs.
/// The calling process must have one thread.
int hw_launch_enter(hw_launch *launch, int pidfd, int *control);

/// Opens a path as it is inside the root `top`, whatever links it holds: openat2(2). Returns -1 with errno set.
int hw_open_inside(int top, const char *path, uint64_t flags);

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
void hw_set_process_name(const char *name);
/// Opens a file or directory on a mount of its own that is read-only. Returns the descriptor or -errno.
int hw_open_read_only(const char *path);
/// Executes the calling program again from such a mount, with these arguments. Returns 0 when it is there already, or -errno.
int hw_execute_again_read_only(char *const *arguments);
/// Lets a program of BPF instructions decide on devices for a version 2 control group, instead of those it had. Returns 0 or
/// -errno.
int hw_device_filter_attach(int group, const uint64_t *instructions, size_t count);
#endif
