#include "CLinux.h"

// Children that bear a wait of the kernel's for this process. They share its memory, as vfork's child does, but it goes on: no
// page table is copied, and no page afterwards. So they touch nothing but their own stack, and not even errno, which is one
// place for both: their system calls are made here.

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
#else
#error "the system call instruction of this processor is not known here"
#endif

struct errand {
    int descriptor;
    pid_t parent;
    size_t length;
    uint8_t request[CLINUX_ERRAND_LIMIT];
};

_Noreturn static void end(long status) {
    for (;;) call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

static int hold(void *argument) {
    const struct errand *errand = argument;
    if (errand->descriptor > 0) call(SYS_close_range, 0, errand->descriptor - 1, 0, 0, 0, 0);
    call(SYS_close_range, errand->descriptor + 1, ~0U, 0, 0, 0, 0);
    // The signal comes when the parent has closed everything; a parent that ended before it was asked for is gone already.
    call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    while (call(SYS_getppid, 0, 0, 0, 0, 0, 0) == errand->parent) call(SYS_ppoll, 0, 0, 0, 0, 0, 0);
    end(0);
}

static int send_request(void *argument) {
    const struct errand *errand = argument;
    call(SYS_close_range, 0, 2, 0, 0, 0, 0);
    while (call(SYS_sendto, errand->descriptor, (long)errand->request, (long)errand->length, 0, 0, 0) == -EINTR) {}
    end(0);
}

static pid_t start_errand(int (*body)(void *), int descriptor, const void *request, size_t length) {
    enum { STACK = 16384 };
    if (length > CLINUX_ERRAND_LIMIT) {
        errno = EMSGSIZE;
        return -1;
    }
    uint8_t *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -1;
    struct errand *errand = (struct errand *)(stack + STACK - sizeof *errand - sizeof *errand % 16);
    errand->descriptor = descriptor;
    errand->parent = getpid();
    errand->length = length;
    if (length > 0) memcpy(errand->request, request, length);
    // Below the errand: the stack grows downwards.
    pid_t child = clone(body, (void *)((uintptr_t)errand & ~(uintptr_t)15), CLONE_VM | SIGCHLD, errand);
    if (child < 0) {
        int failure = errno;
        munmap(stack, STACK);
        errno = failure;
    }
    return child;
}

pid_t clinux_leave_to_child(int descriptor) { return start_errand(hold, descriptor, NULL, 0); }

pid_t clinux_send_by_child(int descriptor, const void *request, size_t length) {
    return start_errand(send_request, descriptor, request, length);
}
