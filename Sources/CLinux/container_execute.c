// From a prepared process to the container's command: streams, user, capabilities, execve.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static bool failed(struct hw_failure *failure, const char *action, const char *subject) {
    *failure = (struct hw_failure){errno, action, subject};
    return false;
}

bool hw_open_terminal(const hw_launch *launch, int *master, int *slave, struct hw_failure *failure) {
    *master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*master < 0) return failed(failure, "open", "/dev/ptmx");
    int locked = 0;
    if (ioctl(*master, TIOCSPTLCK, &locked)) return failed(failure, "unlock", "/dev/ptmx");
    *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*slave < 0) return failed(failure, "open", "the terminal's other side");
    // Before the command can ask: many programs look once.
    struct winsize size = {.ws_row = launch->rows, .ws_col = launch->columns};
    return ioctl(*master, TIOCSWINSZ, &size) == 0 || failed(failure, "resize", "the terminal");
}

// The terminal under the name by which programs look for the one of the machine.
bool hw_bind_console(int slave, struct hw_failure *failure) {
    int place = open("/dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0 && errno == ENOENT) place = open("/dev/console", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0620);
    if (place < 0) return failed(failure, "open", "/dev/console");
    char source[64], target[64];
    snprintf(source, sizeof source, "/proc/self/fd/%d", slave);
    snprintf(target, sizeof target, "/proc/self/fd/%d", place);
    bool bound = mount(source, target, NULL, MS_BIND, NULL) == 0;
    if (!bound) failed(failure, "mount", "/dev/console");
    close(place);
    return bound;
}

static bool drop_bounding(uint64_t capabilities, struct hw_failure *failure) {
    for (int capability = 0; capability < 64; capability++) {
        if (capabilities >> capability & 1) continue;
        int present = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (present < 0) return true;  // beyond the kernel's last capability
        if (present && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)) return failed(failure, "drop", "bounding set");
    }
    return true;
}

static bool keep_capabilities(const struct hw_capabilities *kept, struct hw_failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct held[2];
    if (syscall(SYS_capget, &header, held)) return failed(failure, "capget", "");
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // What the machine itself was not given cannot be granted, and need not be an error.
    for (int half = 0; half < 2; half++) {
        uint32_t had = held[half].permitted;
        held[half].permitted = had & (uint32_t)(kept->permitted >> (32 * half));
        held[half].effective = held[half].permitted & (uint32_t)(kept->effective >> (32 * half));
        held[half].inheritable = had & (uint32_t)(kept->inheritable >> (32 * half));
    }
    if (syscall(SYS_capset, &header, held)) return failed(failure, "capset", "");
    for (int capability = 0; kept->ambient >> capability; capability++) {
        if (!(kept->ambient >> capability & 1)) continue;
        // Only what is permitted and inheritable can be: the kernel refuses the rest.
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
        if (capability == 63) break;
    }
    return true;
}

static bool forbid_privileges(const hw_launch *launch, struct hw_failure *failure) {
    if (!(launch->flags & HW_LAUNCH_NO_NEW_PRIVILEGES)) return true;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 || failed(failure, "prctl", "PR_SET_NO_NEW_PRIVS");
}

bool hw_restrict(const hw_launch *launch, const struct hw_capabilities *capabilities, struct hw_failure *failure) {
    return drop_bounding(capabilities->bounding, failure) && keep_capabilities(capabilities, failure)
        && forbid_privileges(launch, failure);
}

static bool become_user(const hw_launch *launch, struct hw_failure *failure) {
    if (setgroups(launch->group_count, launch->groups)) return failed(failure, "setgroups", "");
    if (setresgid(launch->gid, launch->gid, launch->gid)) return failed(failure, "setresgid", "");
    if (setresuid(launch->uid, launch->uid, launch->uid)) return failed(failure, "setresuid", "");
    return true;
}

static bool take_rights(const hw_launch *launch, struct hw_failure *failure) {
    struct hw_capabilities kept = launch->capabilities;
    if (!(launch->flags & HW_LAUNCH_CAPABILITY_SETS)) {
        kept.inheritable = kept.ambient = 0;
        kept.permitted = kept.effective = launch->uid ? 0 : kept.bounding;
    }
    if (!drop_bounding(kept.bounding, failure)) return false;
    bool keeps = launch->uid && (kept.permitted | kept.ambient);
    if (keeps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)) return failed(failure, "prctl", "PR_SET_KEEPCAPS");
    return become_user(launch, failure) && ((launch->uid && !keeps) || keep_capabilities(&kept, failure))
        && forbid_privileges(launch, failure);
}

static bool set_limits(const hw_launch *launch, struct hw_failure *failure) {
    for (size_t i = 0; i < launch->limit_count; i++) {
        const struct hw_limit *limit = &launch->limits[i];
        struct rlimit wanted = {limit->soft, limit->hard}, held;
        if (setrlimit(limit->resource, &wanted) == 0) continue;
        // Who may not raise a limit keeps the highest one there is.
        if (errno != EPERM || getrlimit(limit->resource, &held)) return failed(failure, "setrlimit", "");
        if (wanted.rlim_max > held.rlim_max) wanted.rlim_max = held.rlim_max;
        if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
        if (setrlimit(limit->resource, &wanted)) return failed(failure, "setrlimit", "");
    }
    return true;
}

static bool load_filter(const hw_launch *launch, struct hw_failure *failure) {
    struct sock_fprog program = {
        .len = (unsigned short)(launch->filter_size / sizeof(struct sock_filter)), .filter = launch->filter};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, launch->filter_flags, &program) == 0
        || failed(failure, "load", "the seccomp filter");
}

static bool take_streams(const hw_launch *launch, int slave, struct hw_failure *failure) {
    if (setsid() < 0 && errno != EPERM) return failed(failure, "setsid", "");
    if (slave >= 0 && ioctl(slave, TIOCSCTTY, 0)) return failed(failure, "make controlling", "terminal");
    for (int stream = 0; stream < 3; stream++) {
        int source = slave >= 0 ? slave : launch->streams[stream];
        if (source == stream) {  // dup2 to itself would keep the close-on-exec flag
            if (fcntl(source, F_SETFD, 0)) return failed(failure, "keep", "stream");
        } else if (dup2(source, stream) < 0) {
            return failed(failure, "duplicate", "stream");
        }
    }
    return true;
}

static void forget_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// ENOENT when no directory of PATH has it; otherwise the first refusal met, so that 126 and 127 are told apart.
static int execute_by_path(const hw_launch *launch) {
    const char *name = launch->arguments[0];
    char *const *environment = launch->environment;
    if (strchr(name, '/')) {
        execve(name, launch->arguments, environment);
        return errno;
    }
    const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    for (size_t i = 0; i < launch->environment_count; i++)
        if (strncmp(environment[i], "PATH=", 5) == 0) path = environment[i] + 5;
    int refusal = ENOENT;
    if (!*name) return refusal;
    while (true) {
        size_t length = strcspn(path, ":");
        char candidate[PATH_MAX];
        int written = snprintf(candidate, sizeof candidate, "%.*s%s%s", (int)length, path, length ? "/" : "./", name);
        if (written > 0 && (size_t)written < sizeof candidate) {
            execve(candidate, launch->arguments, environment);
            if (errno != ENOENT && errno != ENOTDIR && refusal == ENOENT) refusal = errno;
        }
        if (!path[length]) return refusal;
        path += length + 1;
    }
}

_Noreturn void hw_execute(const hw_launch *launch, int slave, int control) {
    struct hw_failure failure = {0};
    // A keyring of its own: keys of whoever started the container do not travel with it.
    if (!(launch->flags & HW_LAUNCH_KEEP_KEYRING)) syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    bool confined = launch->flags & HW_LAUNCH_NO_NEW_PRIVILEGES;
    bool ready = take_streams(launch, slave, &failure) && set_limits(launch, &failure)
        // Without no_new_privs the kernel lets only an administrator load a filter: before the rights go.
        && (confined || !launch->filter_size || load_filter(launch, &failure)) && take_rights(launch, &failure);
    umask(launch->umask);
    if (ready && chdir(launch->working_directory)) ready = failed(&failure, "chdir", launch->working_directory);
    if (ready) {
        // What the root does not reach, a working directory must not reach either.
        char where[PATH_MAX];
        long length = syscall(SYS_getcwd, where, sizeof where);
        if (length < 0 || where[0] != '/') {
            errno = length < 0 ? errno : ENOENT;
            ready = failed(&failure, "chdir", launch->working_directory);
        }
    }
    if (!ready) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    syscall(SYS_close_range, 3u + (unsigned)launch->start.preserved, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
    forget_signals();
    if (!hw_run_start_hooks(&launch->start, &failure)
        || (confined && launch->filter_size && !load_filter(launch, &failure))) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    int refusal = execute_by_path(launch);
    hw_send_report(control, HW_REPORT_EXEC_FAILED, refusal, launch->arguments[0], "", -1);
    _exit(refusal == ENOENT ? 127 : 126);
}
