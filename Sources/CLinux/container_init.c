// The container's process 1: reaps, forwards signals to the command, ends as the command ends.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int reap(pid_t command) {
    int outcome = -1, status;
    pid_t ended;
    while ((ended = waitpid(-1, &status, WNOHANG)) != 0) {
        if (ended < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (ended == command) outcome = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return outcome;
}

// All signals are blocked here: a blocked signal is kept even for a process 1 that has no handler for it.
_Noreturn void hw_init(pid_t command) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int stream = 0; stream < 3; stream++)
        if (null >= 0) dup2(null, stream);
    syscall(SYS_close_range, 3, ~0u, 0);
    sigset_t all;
    sigfillset(&all);
    while (true) {
        siginfo_t information;
        int signal = sigwaitinfo(&all, &information);
        if (signal < 0) continue;
        switch (signal) {
        case SIGCHLD: {
            int outcome = reap(command);
            if (outcome >= 0) _exit(outcome);
            break;
        }
        case SIGTTIN: case SIGTTOU: case SIGTSTP:  // of the terminal's job control: not for a process 1
            break;
        default:
            // Our own timers and faults do not occur; what arrives was sent to the container.
            kill(command, signal);
        }
    }
}
