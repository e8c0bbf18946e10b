// libc and the shims around what Swift cannot import: variadics, function-like macros, globals. LinuxSystem is the only
// importer. `clinux_` functions answer as the system call does: -1 with errno set, unless a comment says otherwise.
#ifndef HAWSER_CLINUX_H
#define HAWSER_CLINUX_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netinet/in.h>
#include <net/if.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>
#include "container.h"
#include "message.h"
#include "copy.h"
#include "unpack.h"
#include "enter.h"
#include "container_oci.h"

static inline int clinux_errno(void) { return errno; }
static inline void clinux_set_errno(int value) { errno = value; }
static inline char *_Nullable *_Nullable clinux_environ(void) { return environ; }

static inline int clinux_open(const char *_Nonnull path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int clinux_openat(int directory, const char *_Nonnull path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
static inline int clinux_fcntl(int descriptor, int command, int argument) { return fcntl(descriptor, command, argument); }
static inline int clinux_renameat2(int from, const char *_Nonnull name, int to, const char *_Nonnull other, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, name, to, other, flags);
}
static inline long clinux_getdents64(int descriptor, void *_Nullable buffer, size_t size) {
    return syscall(SYS_getdents64, descriptor, buffer, size);
}
static inline ssize_t clinux_readlink(const char *_Nonnull path, void *_Nullable buffer, size_t size) {
    return readlink(path, (char *)buffer, size);
}
static inline ssize_t clinux_readlinkat(int directory, const char *_Nonnull name, void *_Nullable buffer, size_t size) {
    return readlinkat(directory, name, (char *)buffer, size);
}
// Minutes since midnight, where this machine is.
static inline int clinux_minute_of_day(int64_t seconds) {
    time_t moment = (time_t)seconds;
    struct tm parts;
    return localtime_r(&moment, &parts) ? parts.tm_hour * 60 + parts.tm_min : 0;
}
static inline int clinux_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }
static inline int clinux_close_range(unsigned first, unsigned last) { return (int)syscall(SYS_close_range, first, last, 0); }

/// Whether a capability is in this process's bounding set: 1, 0, or -1 when the kernel does not know it.
static inline int clinux_has_capability(int number) { return prctl(PR_CAPBSET_READ, number, 0, 0, 0); }
static inline int clinux_limit(int resource, struct rlimit *_Nonnull limit) {
    return getrlimit((__rlimit_resource_t)resource, limit);
}

static inline int clinux_is_regular(mode_t mode) { return S_ISREG(mode); }
static inline int clinux_is_directory(mode_t mode) { return S_ISDIR(mode); }
static inline int clinux_is_symbolic_link(mode_t mode) { return S_ISLNK(mode); }
static inline int clinux_exited(int status) { return WIFEXITED(status); }
static inline int clinux_exit_status(int status) { return WEXITSTATUS(status); }
static inline int clinux_termination_signal(int status) { return WTERMSIG(status); }

/// Ignores SIGPIPE (1) or gives it its default back (0). Answers whether it was ignored before.
int clinux_ignore_broken_pipes(int ignored);
/// What ioctl NS_GET_NSTYPE answers for a namespace descriptor: a CLONE_NEW* constant, or -1.
int clinux_namespace_type(int descriptor);
/// The magic number of the file system that holds the descriptor, or 0.
unsigned long clinux_file_system_magic(int descriptor);
enum { CLINUX_NSFS_MAGIC = 0x6e736673, CLINUX_PROC_SUPER_MAGIC = 0x9fa0 };
enum { CLINUX_RENAME_NOREPLACE = 1, CLINUX_O_TMPFILE = O_TMPFILE, CLINUX_AT_EMPTY_PATH = AT_EMPTY_PATH };
enum { CLINUX_UTIME_OMIT = UTIME_OMIT };

/// flock(2) that gives up with ETIMEDOUT. Uses the signal SIGRTMAX-2, sent to the waiting thread only.
int clinux_lock(int descriptor, int shared, int timeout_milliseconds);

/// What `clinux_spawn` needs: everything prepared by the parent, so that the child only makes system calls.
struct clinux_spawn_request {
    const char *_Nonnull path;
    char *const _Nullable *_Nullable arguments;
    char *const _Nullable *_Nullable environment;
    int standard_input, standard_output, standard_error;  // -1: /dev/null
};
/// How long `clinux_spawn` goes on trying to execute a file that somebody has open for writing. Writing a plugin takes less.
enum { CLINUX_BUSY_MILLISECONDS = 1000 };
/// Starts a program; every other descriptor is closed in it. Answers the pid, or -1 with the errno of fork or of exec:
/// ETXTBSY when the file stayed open for writing for CLINUX_BUSY_MILLISECONDS.
pid_t clinux_spawn(const struct clinux_spawn_request *_Nonnull request);

/// Starts a child that holds this descriptor, no other, until the calling thread's process has ended. Answers its pid, or -1.
///
/// The child shares this process's memory instead of a copy of it: a stack of its own, of 16 KiB, stays mapped.
pid_t clinux_leave_to_child(int descriptor);
enum { CLINUX_ERRAND_LIMIT = 4096 };
/// Starts a child without standard descriptors that sends `request`, at most CLINUX_ERRAND_LIMIT bytes, on a netlink socket and
/// ends. Memory as in `clinux_leave_to_child`.
pid_t clinux_send_by_child(int descriptor, const void *_Nonnull request, size_t length);

/// Runs `body(context)` on a thread of its own and waits for its end. -1 when no thread could be made.
int clinux_run_on_thread(void (*_Nonnull body)(void *_Nullable), void *_Nullable context);

/// Whether an extended regular expression (regex(7)) matches somewhere in a text: 1 or 0; -1 when it is no expression.
int clinux_pattern_matches(const char *_Nonnull pattern, const char *_Nonnull text);

/// Puts /dev/null where a standard stream is closed: otherwise the next file would get its number, and what is written there.
int clinux_open_streams(void);

/// Memory that is freed stays with this process, and it asks the kernel for more in large steps: for a short life.
void clinux_keep_freed_memory(void);

/// Reports a trap (SIGILL, SIGTRAP, SIGSEGV, SIGBUS) as a CNI error document on stdout and a backtrace on stderr.
void clinux_install_trap_report(void);

#endif
