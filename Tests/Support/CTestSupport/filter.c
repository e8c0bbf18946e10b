#include "CTestSupport.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int support_filtered_call(
    const void *filter, unsigned long size, unsigned flags, long call, const unsigned long *arguments, int *failure) {
    int ends[2];
    if (pipe(ends) != 0) return -errno;
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        // The answer goes out by write(2) and exit_group(2): a filter under test allows both.
        struct sock_fprog program = {
            .len = (unsigned short)(size / sizeof(struct sock_filter)), .filter = (struct sock_filter *)filter};
        int answer = 0;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program) != 0) {
            answer = -errno;
        } else {
            const unsigned long *a = arguments;
            answer = syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
        }
        _exit(write(ends[1], &answer, sizeof answer) == sizeof answer ? 0 : 1);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], failure, sizeof *failure);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return got == sizeof *failure ? 0 : WIFSIGNALED(status) ? WTERMSIG(status) : -EPIPE;
}
