// The container's first process from clone to its life as init, and the processes that enter a container later.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static bool failed(struct hw_failure *failure, const char *action, const char *subject) {
    *failure = (struct hw_failure){errno, action, subject};
    return false;
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


static bool bring_loopback_up(struct hw_failure *failure) {
    int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) return failed(failure, "socket", "AF_INET");
    struct ifreq request = {.ifr_name = "lo"};
    bool up = ioctl(probe, SIOCGIFFLAGS, &request) == 0;
    request.ifr_flags |= IFF_UP;
    up = up && ioctl(probe, SIOCSIFFLAGS, &request) == 0;
    if (!up) failed(failure, "bring up", "lo");
    close(probe);
    return up;
}

// What the shim was started with names directories of the host: process 1 shows it to nobody.
static void hide_command_line(void) {
    char line[4096];
    int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    // The arguments are one block of memory that begins where the first does; the kernel shows that block.
    size_t shown = 0;
    for (ssize_t got; (got = read(file, line, sizeof line)) > 0;) shown += (size_t)got;
    close(file);
    static const char title[] = "hawser-init";
    if (shown < sizeof title) return;
    memset(program_invocation_name, 0, shown);
    memcpy(program_invocation_name, title, sizeof title);
    prctl(PR_SET_NAME, title, 0, 0, 0);
}

// The container ends with the process that records it. Set again after every change of identity, which clears it.
static void follow_parent(const hw_launch *launch, bool set_up) {
    bool alone = set_up && launch->flags & HW_LAUNCH_OUTLIVES;
    prctl(PR_SET_PDEATHSIG, alone ? 0 : SIGKILL, 0, 0, 0);
}

static bool wait_at_gate(int control) {
    char byte;
    ssize_t received;
    do received = recv(control, &byte, 1, 0);
    while (received < 0 && errno == EINTR);
    return received == 1;
}

static bool write_sysctls(const hw_launch *launch, struct hw_failure *failure) {
    for (size_t i = 0; i < launch->sysctl_count; i++) {
        const struct hw_sysctl *sysctl = &launch->sysctls[i];
        if (!hw_write_text(sysctl->path, sysctl->value, strlen(sysctl->value)))
            return failed(failure, "write", sysctl->path);
    }
    return true;
}

static bool prepare_namespaces(const hw_launch *launch, bool joined, struct hw_failure *failure) {
    static const struct {
        int kind, flag;
        const char *name;
    } joinable[] = {
        {HW_NAMESPACE_NETWORK, CLONE_NEWNET, "network namespace"},
        {HW_NAMESPACE_IPC, CLONE_NEWIPC, "ipc namespace"},
        {HW_NAMESPACE_UTS, CLONE_NEWUTS, "uts namespace"},
        {HW_NAMESPACE_CGROUP, CLONE_NEWCGROUP, "cgroup namespace"},
    };
    for (size_t i = 0; !joined && i < sizeof joinable / sizeof *joinable; i++) {
        int how = launch->namespaces[joinable[i].kind];
        if (how >= 0 && setns(how, joinable[i].flag)) return failed(failure, "join", joinable[i].name);
    }
    if (launch->namespaces[HW_NAMESPACE_NETWORK] == HW_NAMESPACE_NEW && !bring_loopback_up(failure)) return false;
    // Here and not in clone3, where the new namespace would show the parent's cgroup as its root.
    if (launch->namespaces[HW_NAMESPACE_CGROUP] == HW_NAMESPACE_NEW && unshare(CLONE_NEWCGROUP))
        return failed(failure, "unshare", "cgroup namespace");
    if (launch->hostname && sethostname(launch->hostname, strlen(launch->hostname)))
        return failed(failure, "sethostname", launch->hostname);
    if (launch->domain_name && setdomainname(launch->domain_name, strlen(launch->domain_name)))
        return failed(failure, "setdomainname", launch->domain_name);
    return write_sysctls(launch, failure);
}

static bool set_up(const hw_launch *launch, int control, bool root_is_begun, int *master, int *slave,
                   struct hw_failure *failure) {
    // Before anything can be seen from inside: /proc/1/exe and /proc/1/fd stay closed to the container.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return failed(failure, "prctl", "PR_SET_DUMPABLE");
    hide_command_line();
    if (setsid() < 0) return failed(failure, "setsid", "");
    if (!root_is_begun && !hw_join_cgroups(launch, false, failure)) return false;
    if (!prepare_namespaces(launch, root_is_begun, failure)) return false;
    if (launch->flags & HW_LAUNCH_EARLY_GATE) {
        hw_send_report(control, HW_REPORT_NAMESPACES, 0, "", "", -1);
        if (!wait_at_gate(control)) _exit(125);
    }
    bool crosses = root_is_begun && launch->namespaces[HW_NAMESPACE_USER] != HW_NAMESPACE_INHERITED;
    enum hw_part part = crosses ? HW_PART_INSIDE : HW_PART_ALL;
    umask(0);
    if (!hw_build_root(launch, part, -1, failure)) return false;
    umask(022);
    if (launch->has_personality && personality(launch->personality) < 0) return failed(failure, "personality", "");
    if (!(launch->flags & HW_LAUNCH_TERMINAL)) return true;
    return hw_open_terminal(launch, master, slave, failure)
        && (!(launch->flags & HW_LAUNCH_CONSOLE) || hw_bind_console(*slave, failure));
}

_Noreturn static void run_init(hw_launch *launch, int slave, int control) {
    // Blocked before the fork, so that no signal is lost between it and init's first wait.
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    long command = hw_clone3(0, NULL, -1, SIGCHLD);
    if (command == 0) hw_execute(launch, slave, control);
    if (command < 0) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, (int)-command, "clone3", "", -1);
        _exit(125);
    }
    struct hw_failure restriction = {0};
    uint64_t kept = launch->capabilities.bounding | 1ull << CAP_KILL;
    struct hw_capabilities capabilities = {.bounding = kept, .effective = kept, .permitted = kept};
    if (!hw_restrict(launch, &capabilities, &restriction)) _exit(125);
    hw_init((pid_t)command);
}

_Noreturn static void run_first_process(hw_launch *launch, int control, bool root_is_begun) {
    follow_parent(launch, false);
    struct hw_failure failure = {0};
    int master = -1, slave = -1, missing = 0;
    launch->start.control = control;
    if (!set_up(launch, control, root_is_begun, &master, &slave, &failure)) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    follow_parent(launch, true);
    if (launch->start.socket >= 0 && (missing = hw_look_for_command(launch))) {
        hw_send_report(control, HW_REPORT_EXEC_FAILED, missing, launch->arguments[0], "", -1);
        _exit(125);
    }
    hw_send_report(control, HW_REPORT_READY, 0, "", "", master);
    if (master >= 0) close(master);
    if (!wait_at_gate(control) || !hw_await_start(launch, slave, &control)) _exit(125);
    if (launch->flags & HW_LAUNCH_NO_INIT) hw_execute(launch, slave, control);
    run_init(launch, slave, control);
}

static uint64_t new_namespaces(const hw_launch *launch) {
    static const uint64_t flags[HW_NAMESPACE_COUNT] = {
        [HW_NAMESPACE_PID] = CLONE_NEWPID, [HW_NAMESPACE_NETWORK] = CLONE_NEWNET, [HW_NAMESPACE_IPC] = CLONE_NEWIPC,
        [HW_NAMESPACE_UTS] = CLONE_NEWUTS, [HW_NAMESPACE_TIME] = CLONE_NEWTIME};
    uint64_t result = CLONE_NEWNS;
    for (int kind = 0; kind < HW_NAMESPACE_COUNT; kind++)
        if (launch->namespaces[kind] == HW_NAMESPACE_NEW) result |= flags[kind];
    return result;
}

long hw_clone_first(hw_launch *launch, int control, int *pidfd, bool by_way) {
    long process = hw_clone3(new_namespaces(launch) | (by_way ? CLONE_PARENT : 0), pidfd, by_way ? -1 : launch->cgroup,
                             by_way ? 0 : SIGCHLD);
    if (process == 0) run_first_process(launch, control, by_way);
    return process;
}

int hw_launch_start(hw_launch *launch, int *pidfd, int *control) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    bool by_way = launch->namespaces[HW_NAMESPACE_USER] != HW_NAMESPACE_INHERITED
        || launch->namespaces[HW_NAMESPACE_PID] >= 0 || launch->namespaces[HW_NAMESPACE_TIME] >= 0;
    if (by_way) return hw_start_by_way(launch, pair, pidfd, control);
    long process = hw_clone_first(launch, pair[1], pidfd, false);
    close(pair[1]);
    if (process < 0) close(pair[0]);
    *control = process < 0 ? -1 : pair[0];
    return (int)process;
}

// The command of exec, inside the container: a child of the caller, or of the container's init when detached.
_Noreturn static void run_entered(hw_launch *launch, int control) {
    if (launch->flags & HW_LAUNCH_DETACHED) {
        long orphan = hw_clone3(0, NULL, -1, SIGCHLD);
        if (orphan) _exit(orphan < 0 ? 125 : 0);
    }
    struct hw_failure failure = {0};
    int master = -1, slave = -1;
    if (launch->flags & HW_LAUNCH_TERMINAL) {
        if (!hw_open_terminal(launch, &master, &slave, &failure)) {
            hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
            _exit(125);
        }
        hw_send_report(control, HW_REPORT_READY, 0, "", "", master);
        close(master);
    }
    hw_execute(launch, slave, control);
}

_Noreturn static void enter(hw_launch *launch, int pidfd, int control) {
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    struct hw_failure failure = {0};
    // Before the container's user namespace takes the right to it away.
    if (!hw_join_cgroups(launch, true, &failure)) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
    // A namespace of users that one is in already cannot be joined.
    bool other_users = setns(pidfd, namespaces | CLONE_NEWUSER) == 0;
    if (!other_users && (errno != EINVAL || setns(pidfd, namespaces))) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, errno, "setns", "", -1);
        _exit(125);
    }
    // So that a terminal belongs to somebody inside; a namespace without a user 0 has nobody to be.
    if (other_users) hw_become_root_inside(&failure);
    // CLONE_PARENT: the caller, not this helper, waits for the command.
    long process = hw_clone3(CLONE_PARENT, NULL, -1, 0);
    if (process == 0) run_entered(launch, control);
    if (process < 0)
        hw_send_report(control, HW_REPORT_SETUP_FAILED, (int)-process, "clone3", "", -1);
    else
        hw_send_report(control, HW_REPORT_PROCESS, (int)process, "", "", -1);
    _exit(process < 0 ? 125 : 0);
}

int hw_launch_enter(hw_launch *launch, int pidfd, int *control) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    pid_t helper = fork();
    if (helper == 0) {
        close(pair[0]);
        enter(launch, pidfd, pair[1]);
    }
    int error = errno;
    close(pair[1]);
    if (helper < 0) {
        close(pair[0]);
        return -error;
    }
    int status;
    while (waitpid(helper, &status, 0) < 0 && errno == EINTR) {
    }
    *control = pair[0];
    return 0;
}
