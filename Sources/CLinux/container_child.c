// The container's first process from clone to its life as init, and the processes that enter a container later.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool failed(struct hw_failure *failure, const char *action, const char *subject) {
    *failure = (struct hw_failure){errno, action, subject};
    return false;
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

static bool enter_network(const hw_launch *launch, struct hw_failure *failure) {
    if (launch->flags & HW_LAUNCH_NEW_NETWORK) return bring_loopback_up(failure);
    if (launch->network < 0) return true;
    return setns(launch->network, CLONE_NEWNET) == 0 || failed(failure, "join", "network namespace");
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

static bool set_up(const hw_launch *launch, int *master, int *slave, struct hw_failure *failure) {
    // Before anything can be seen from inside: /proc/1/exe and /proc/1/fd stay closed to the container.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)) return failed(failure, "prctl", "PR_SET_DUMPABLE");
    hide_command_line();
    if (setsid() < 0) return failed(failure, "setsid", "");
    if (!enter_network(launch, failure)) return false;
    // Here and not in clone3, where the new namespace would show the parent's cgroup as its root.
    if (unshare(CLONE_NEWCGROUP)) return failed(failure, "unshare", "cgroup namespace");
    if (launch->hostname && sethostname(launch->hostname, strlen(launch->hostname)))
        return failed(failure, "sethostname", launch->hostname);
    umask(0);
    if (!hw_build_root(launch, failure)) return false;
    umask(022);
    return !(launch->flags & HW_LAUNCH_TERMINAL) || hw_open_terminal(launch, master, slave, failure);
}

static bool wait_at_gate(int control) {
    char byte;
    ssize_t received;
    do received = recv(control, &byte, 1, 0);
    while (received < 0 && errno == EINTR);
    return received == 1;
}

_Noreturn static void run_first_process(hw_launch *launch, int control) {
    // The container lives and ends with the process that records it.
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    struct hw_failure failure = {0};
    int master = -1, slave = -1;
    if (!set_up(launch, &master, &slave, &failure)) {
        hw_send_report(control, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    hw_send_report(control, HW_REPORT_READY, 0, "", "", master);
    if (master >= 0) close(master);
    if (!wait_at_gate(control)) _exit(125);

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
    if (!hw_restrict(launch->capabilities | 1ull << CAP_KILL, launch->flags, &restriction)) _exit(125);
    hw_init((pid_t)command);
}

int hw_launch_start(hw_launch *launch, int *pidfd, int *control) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC;
    if (launch->flags & HW_LAUNCH_NEW_NETWORK) flags |= CLONE_NEWNET;
    long process = hw_clone3(flags, pidfd, launch->cgroup, SIGCHLD);
    if (process == 0) {
        close(pair[0]);
        run_first_process(launch, pair[1]);
    }
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

int hw_launch_enter(hw_launch *launch, int pidfd, int *control) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    pid_t helper = fork();
    if (helper == 0) {
        close(pair[0]);
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP;
        if (setns(pidfd, namespaces)) {
            hw_send_report(pair[1], HW_REPORT_SETUP_FAILED, errno, "setns", "", -1);
            _exit(125);
        }
        // CLONE_PARENT: the caller, not this helper, waits for the command.
        long process = hw_clone3(CLONE_PARENT, NULL, launch->cgroup, 0);
        if (process == 0) run_entered(launch, pair[1]);
        if (process < 0)
            hw_send_report(pair[1], HW_REPORT_SETUP_FAILED, (int)-process, "clone3", "", -1);
        else
            hw_send_report(pair[1], HW_REPORT_PROCESS, (int)process, "", "", -1);
        _exit(process < 0 ? 125 : 0);
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
