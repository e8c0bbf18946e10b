// setns(2) with a user or a mount namespace wants a process with one thread, and one into a process namespace counts for
// children only: so a child joins, and where process ids change a sibling of it runs the program.
#include "CLinux.h"

#include <grp.h>

static volatile sig_atomic_t running;

// What a terminal sends goes to the program by itself; what a person sends to this process is for the program too.
static void pass_on(int signal, siginfo_t *info, void *context) {
    (void)context;
    if (running > 0 && info->si_code <= 0) kill(running, signal);
}

static const int passed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
enum { PASSED = sizeof passed / sizeof passed[0] };

struct word {
    pid_t process;  // who runs the program, when that is not the child
    struct hw_enter_failure failure;
};

static void say(int channel, const struct word *word) {
    ssize_t written;
    do written = write(channel, word, sizeof *word);
    while (written < 0 && errno == EINTR);
}

static _Noreturn void give_up(int channel, const char *action, int is_program) {
    struct word word = {.failure = {.error = errno, .is_program = is_program}};
    snprintf(word.failure.action, sizeof word.failure.action, "%s", action);
    say(channel, &word);
    _exit(125);
}

// All at once, as a pidfd allows: the kernel then checks each kind with the rights in the user namespace that is joined.
// Where that one does not own the others, they are joined first, with the caller's own rights.
static int join(const struct hw_enter *enter) {
    if (!enter->namespaces || setns(enter->target, enter->namespaces) == 0) return 0;
    const int others = enter->namespaces & ~CLONE_NEWUSER;
    if (errno != EPERM || others == enter->namespaces || !others) return -1;
    return setns(enter->target, others) == 0 ? setns(enter->target, CLONE_NEWUSER) : -1;
}

static void become(const struct hw_enter *enter, int channel) {
    const int joins_users = enter->namespaces & CLONE_NEWUSER;
    const int64_t gid = enter->gid < 0 && joins_users ? 0 : enter->gid;
    const int64_t uid = enter->uid < 0 && joins_users ? 0 : enter->uid;
    // Denied in a namespace whose maker had no right to it: the groups stay then.
    if ((gid >= 0 || uid >= 0) && setgroups(0, NULL) != 0 && errno != EPERM) give_up(channel, "setgroups", 0);
    if (gid >= 0 && setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) != 0) give_up(channel, "setgid", 0);
    if (uid >= 0 && setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) != 0) give_up(channel, "setuid", 0);
}

static _Noreturn void run(const struct hw_enter *enter, int channel) {
    if (join(enter) != 0) give_up(channel, "setns", 0);
    if (enter->root >= 0 && (fchdir(enter->root) != 0 || chroot(".") != 0)) give_up(channel, "chroot", 0);
    if (enter->namespaces & CLONE_NEWPID) {
        // A sibling rather than a child: whoever waits for it is the caller.
        struct word word = {0};
        word.process = (pid_t)syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, NULL);
        if (word.process < 0) give_up(channel, "fork", 0);
        if (word.process > 0) {
            say(channel, &word);
            _exit(0);
        }
    }
    if (enter->working && chdir(enter->working) != 0) give_up(channel, "chdir", 0);
    become(enter, channel);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int i = 0; i < PASSED; i++) sigaction(passed[i], &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(enter->arguments[0], enter->arguments);
    give_up(channel, "execve", 1);
}

static int end_of(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) return 125;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int hw_enter_run(const struct hw_enter *enter, struct hw_enter_failure *failure) {
    int channel[2];
    *failure = (struct hw_enter_failure){0};
    if (pipe2(channel, O_CLOEXEC) != 0) {
        failure->error = errno;
        snprintf(failure->action, sizeof failure->action, "pipe");
        return 125;
    }
    running = 0;
    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART}, before[PASSED];
    for (int i = 0; i < PASSED; i++) sigaction(passed[i], &action, &before[i]);
    pid_t child = fork();
    if (child == 0) run(enter, channel[1]);
    close(channel[1]);
    if (child < 0) {
        failure->error = errno;
        snprintf(failure->action, sizeof failure->action, "fork");
    }
    pid_t program = child;
    struct word word;
    while (child > 0) {
        ssize_t got = read(channel[0], &word, sizeof word);
        if (got < 0 && errno == EINTR) continue;
        if (got != sizeof word) break;  // its end: the program runs, or has given up
        if (word.process > 0) program = word.process;
        else *failure = word.failure;
        running = program;
    }
    close(channel[0]);
    running = program;
    int code = 125;
    if (child > 0) {
        code = end_of(child);
        if (program != child) code = end_of(program);
    }
    running = 0;
    for (int i = 0; i < PASSED; i++) sigaction(passed[i], &before[i], NULL);
    return code;
}

int hw_probe_overlay(const char *directory) {
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        // What is mounted here is gone with the child.
        char options[3 * PATH_MAX + 64], merged[PATH_MAX];
        if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) _exit(errno);
        int written = snprintf(options, sizeof options, "lowerdir=%s/lower,upperdir=%s/upper,workdir=%s/work", directory,
                               directory, directory);
        if (written < 0 || (size_t)written >= sizeof options) _exit(ENAMETOOLONG);
        if (snprintf(merged, sizeof merged, "%s/merged", directory) >= (int)sizeof merged) _exit(ENAMETOOLONG);
        _exit(mount("overlay", merged, "overlay", 0, options) == 0 ? 0 : errno);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return errno;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}
