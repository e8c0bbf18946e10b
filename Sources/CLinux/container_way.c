// The way to a container that lives in namespaces which its first process cannot be cloned into: another process builds the
// part of the root that needs the host's rights, joins or makes those namespaces, and clones the first process as a child
// of its own parent.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool failed(struct hw_failure *failure, const char *action, const char *subject) {
    *failure = (struct hw_failure){errno, action, subject};
    return false;
}

uint32_t hw_outside(const hw_launch *launch, bool group, uint32_t inside) {
    for (size_t i = 0; i < launch->mapping_count[group]; i++) {
        const struct hw_mapping *mapping = &launch->mappings[group][i];
        if (inside >= mapping->inside && inside - mapping->inside < mapping->count)
            return mapping->outside + (inside - mapping->inside);
    }
    return inside;
}

bool hw_write_text(const char *path, const char *text, size_t length) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t written = write(file, text, length);
    int error = written < 0 ? errno : EIO;
    close(file);
    errno = error;
    return written == (ssize_t)length;
}

static bool join_directory(int directory, struct hw_failure *failure) {
    int file = openat(directory, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    bool joined = file >= 0 && write(file, "0", 1) == 1;
    if (!joined) failed(failure, "join", "control group");
    if (file >= 0) close(file);
    return joined;
}

bool hw_join_cgroups(const hw_launch *launch, bool also_unified, struct hw_failure *failure) {
    for (size_t i = 0; i < launch->legacy_cgroup_count; i++)
        if (!join_directory(launch->legacy_cgroups[i], failure)) return false;
    if (also_unified && launch->cgroup >= 0 && !join_directory(launch->cgroup, failure)) return false;
    if (!launch->has_oom_score) return true;
    char text[16];
    int length = snprintf(text, sizeof text, "%d", launch->oom_score);
    // To lower it is a right that not every machine gives: then it stays as it is.
    return hw_write_text("/proc/self/oom_score_adj", text, (size_t)length) || errno == EACCES || errno == EPERM
        || failed(failure, "write", "/proc/self/oom_score_adj");
}

static bool write_map(pid_t process, const hw_launch *launch, bool group, struct hw_failure *failure) {
    char path[64], text[4096];
    size_t length = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", process, group ? "gid_map" : "uid_map");
    for (size_t i = 0; i < launch->mapping_count[group]; i++) {
        const struct hw_mapping *mapping = &launch->mappings[group][i];
        int line = snprintf(text + length, sizeof text - length, "%u %u %u\n", mapping->inside, mapping->outside,
                            mapping->count);
        if (line < 0 || (size_t)line >= sizeof text - length) {
            errno = E2BIG;
            return failed(failure, "write", group ? "gid_map" : "uid_map");
        }
        length += (size_t)line;
    }
    return hw_write_text(path, text, length) || failed(failure, "write", group ? "gid_map" : "uid_map");
}

// A user namespace lives as long as a descriptor of it: the process it was made with is not needed.
static int make_user_namespace(const hw_launch *launch, struct hw_failure *failure) {
    long holder = hw_clone3(CLONE_NEWUSER, NULL, -1, SIGCHLD);
    if (holder == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        while (true) pause();
    }
    if (holder < 0) {
        errno = (int)-holder;
        failed(failure, "make", "user namespace");
        return -1;
    }
    int descriptor = -1;
    if (write_map((pid_t)holder, launch, false, failure) && write_map((pid_t)holder, launch, true, failure)) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/ns/user", holder);
        descriptor = open(path, O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) failed(failure, "open", "user namespace");
    }
    kill((pid_t)holder, SIGKILL);
    while (waitpid((pid_t)holder, NULL, 0) < 0 && errno == EINTR) {
    }
    return descriptor;
}

static bool join_namespaces(const hw_launch *launch, struct hw_failure *failure) {
    static const struct {
        int kind, flag;
        const char *name;
    } joinable[] = {
        {HW_NAMESPACE_NETWORK, CLONE_NEWNET, "network namespace"}, {HW_NAMESPACE_IPC, CLONE_NEWIPC, "ipc namespace"},
        {HW_NAMESPACE_UTS, CLONE_NEWUTS, "uts namespace"},         {HW_NAMESPACE_PID, CLONE_NEWPID, "pid namespace"},
        {HW_NAMESPACE_CGROUP, CLONE_NEWCGROUP, "cgroup namespace"}, {HW_NAMESPACE_TIME, CLONE_NEWTIME, "time namespace"},
    };
    for (size_t i = 0; i < sizeof joinable / sizeof *joinable; i++) {
        int how = launch->namespaces[joinable[i].kind];
        if (how >= 0 && setns(how, joinable[i].flag)) return failed(failure, "join", joinable[i].name);
    }
    return true;
}

bool hw_become_root_inside(struct hw_failure *failure) {
    if (setgroups(0, NULL)) return failed(failure, "setgroups", "");
    if (setresgid(0, 0, 0)) return failed(failure, "setresgid", "0 of the user namespace");
    if (setresuid(0, 0, 0)) return failed(failure, "setresuid", "0 of the user namespace");
    // A change of identity may have made the process dumpable.
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 || failed(failure, "prctl", "PR_SET_DUMPABLE");
}

static bool walk(hw_launch *launch, struct hw_failure *failure) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!hw_join_cgroups(launch, true, failure)) return false;
    int users = launch->namespaces[HW_NAMESPACE_USER];
    if (users == HW_NAMESPACE_NEW) {
        users = make_user_namespace(launch, failure);
        if (users < 0) return false;
    }
    // Where no user namespace lies between, the first process has every right that its root needs.
    if (users >= 0) {
        if (unshare(CLONE_NEWNS)) return failed(failure, "unshare", "mount namespace");
        umask(0);
        if (!hw_build_root(launch, HW_PART_OUTSIDE, users, failure)) return false;
        umask(022);
    }
    if (!join_namespaces(launch, failure)) return false;
    if (users < 0) return true;
    if (setns(users, CLONE_NEWUSER)) return failed(failure, "join", "user namespace");
    return hw_become_root_inside(failure);
}

_Noreturn static void run_way(hw_launch *launch, int report, int control) {
    struct hw_failure failure = {0};
    if (!walk(launch, &failure)) {
        hw_send_report(report, HW_REPORT_SETUP_FAILED, failure.error, failure.action, failure.subject, -1);
        _exit(125);
    }
    int pidfd = -1;
    long process = hw_clone_first(launch, control, &pidfd, true);
    if (process < 0)
        hw_send_report(report, HW_REPORT_SETUP_FAILED, (int)-process, "clone3", "", -1);
    else
        hw_send_report(report, HW_REPORT_PROCESS, (int)process, "", "", pidfd);
    _exit(process < 0 ? 125 : 0);
}

int hw_start_by_way(hw_launch *launch, int pair[2], int *pidfd, int *control) {
    int reports[2];
    int result = hw_message_pair(&reports[0], &reports[1]);
    pid_t way = result ? -1 : fork();
    if (way == 0) {
        close(pair[0]), close(reports[0]);
        run_way(launch, reports[1], pair[1]);
    }
    if (!result && way < 0) result = -errno;
    close(pair[1]);
    if (result) {
        close(pair[0]);
        return result;
    }
    close(reports[1]);
    while (waitpid(way, NULL, 0) < 0 && errno == EINTR) {
    }
    struct hw_report report = {0};
    if (recv(reports[0], &report, sizeof report, MSG_PEEK) == (ssize_t)sizeof report
        && report.kind == HW_REPORT_PROCESS && hw_control_receive(reports[0], &report, pidfd) == 1) {
        close(reports[0]);
        *control = pair[0];
        return report.error;
    }
    close(pair[0]);
    *control = reports[0];
    return -ECHILD;
}
