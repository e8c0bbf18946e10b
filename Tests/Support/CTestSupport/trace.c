// A tracer with one fault: the shipped binaries run as they are, nothing is preloaded and nothing is rebuilt.
#define _GNU_SOURCE
#include "CTestSupport.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "process.h"

enum { MAXIMUM_SEND = 1 << 20, MAXIMUM_PIECES = 64 };

struct tracer {
    const struct support_spawn *spawn;
    struct support_trace *trace;
    struct support_end *end;
    pid_t process;
    int result;
};

// The netlink protocol of a descriptor of the traced process, or -1.
static int netlink_protocol(pid_t process, int descriptor) {
    int handle = (int)syscall(SYS_pidfd_open, process, 0);
    if (handle < 0) return -1;
    int copy = (int)syscall(SYS_pidfd_getfd, handle, descriptor, 0);
    close(handle);
    if (copy < 0) return -1;
    int domain = -1, protocol = -1;
    socklen_t size = sizeof domain;
    if (getsockopt(copy, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) domain = -1;
    size = sizeof protocol;
    if (getsockopt(copy, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) protocol = -1;
    close(copy);
    return domain == AF_NETLINK ? protocol : -1;
}

static int read_memory(pid_t process, uint64_t address, void *into, size_t length) {
    struct iovec local = {into, length}, remote = {(void *)(uintptr_t)address, length};
    return process_vm_readv(process, &local, 1, &remote, 1, 0) == (ssize_t)length ? 0 : -1;
}

static int write_memory(pid_t process, uint64_t address, const void *from, size_t length) {
    struct iovec local = {(void *)(uintptr_t)from, length}, remote = {(void *)(uintptr_t)address, length};
    return process_vm_writev(process, &local, 1, &remote, 1, 0) == (ssize_t)length ? 0 : -1;
}

static int counts(int protocol, const struct nlmsghdr *header) {
    if (!(header->nlmsg_flags & NLM_F_REQUEST)) return 0;
    // The brackets of an nf_tables batch are no requests of their own.
    return protocol != NETLINK_NETFILTER
        || (header->nlmsg_type != NFNL_MSG_BATCH_BEGIN && header->nlmsg_type != NFNL_MSG_BATCH_END);
}

// rtnetlink answers EOPNOTSUPP to a type above its last; nfnetlink EINVAL to an operation its subsystem does not have.
static uint16_t refused_type(int protocol, uint16_t type) {
    return protocol == NETLINK_NETFILTER ? (uint16_t)(type | 0x00ff) : 0xfff0;
}

static void look_at_piece(struct support_trace *trace, pid_t process, int protocol, uint64_t address, size_t length) {
    static __thread char bytes[MAXIMUM_SEND];
    if (length > sizeof bytes || read_memory(process, address, bytes, length) != 0) return;
    size_t offset = 0;
    while (offset + sizeof(struct nlmsghdr) <= length) {
        struct nlmsghdr header;
        memcpy(&header, bytes + offset, sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - offset) return;
        if (counts(protocol, &header)) {
            trace->requests++;
            if (trace->fault == SUPPORT_REFUSE_REQUEST && trace->requests == trace->position) {
                uint16_t type = refused_type(protocol, header.nlmsg_type);
                uint64_t place = address + offset + offsetof(struct nlmsghdr, nlmsg_type);
                if (write_memory(process, place, &type, sizeof type) == 0) trace->injected = 1;
            }
        }
        offset += NLMSG_ALIGN(header.nlmsg_len);
    }
}

static void look_at_call(struct support_trace *trace, pid_t process, const struct __ptrace_syscall_info *call) {
    uint64_t number = call->entry.nr;
    if (number != SYS_sendto && number != SYS_sendmsg && number != SYS_write) return;
    int protocol = netlink_protocol(process, (int)call->entry.args[0]);
    if (protocol < 0) return;
    if (number != SYS_sendmsg) {
        look_at_piece(trace, process, protocol, call->entry.args[1], call->entry.args[2]);
        return;
    }
    struct msghdr message;
    struct iovec pieces[MAXIMUM_PIECES];
    if (read_memory(process, call->entry.args[1], &message, sizeof message) != 0) return;
    if (message.msg_iovlen > MAXIMUM_PIECES) return;
    if (read_memory(process, (uintptr_t)message.msg_iov, pieces, message.msg_iovlen * sizeof pieces[0]) != 0) return;
    for (size_t i = 0; i < message.msg_iovlen; i++) {
        look_at_piece(trace, process, protocol, (uintptr_t)pieces[i].iov_base, pieces[i].iov_len);
    }
}

// Threads of the traced process share its group; processes it starts do not, and are not counted.
static int belongs(pid_t task, pid_t process) {
    return task == process || syscall(SYS_tgkill, process, task, 0) == 0;
}

static void on_call(struct tracer *tracer, pid_t task) {
    struct __ptrace_syscall_info call;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task, sizeof call, &call) <= 0) return;
    if (call.op != PTRACE_SYSCALL_INFO_ENTRY || !belongs(task, tracer->process)) return;
    struct support_trace *trace = tracer->trace;
    trace->calls++;
    if (trace->fault == SUPPORT_KILL_AT_CALL && trace->calls == trace->position) {
        trace->injected = 1;
        kill(tracer->process, SIGKILL);
        return;
    }
    look_at_call(trace, tracer->process, &call);
}

// At its exit stop a process still has its memory.
static void on_exit_stop(struct tracer *tracer, pid_t task) {
    if (task != tracer->process) return;
    char path[64], line[256];
    snprintf(path, sizeof path, "/proc/%d/status", task);
    FILE *status = fopen(path, "re");
    if (!status) return;
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "VmHWM: %ld", &tracer->trace->resident_kilobytes) == 1) break;
    }
    fclose(status);
}

// A thread of its own: ptrace and __WNOTHREAD belong to a thread, and other children must not be reaped here.
static void *run(void *argument) {
    struct tracer *tracer = argument;
    tracer->process = support_start(tracer->spawn, 1);
    if (tracer->process < 0) {
        tracer->result = tracer->process;
        return NULL;
    }
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK
        | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
    int prepared = 0;
    tracer->result = -ECHILD;
    for (;;) {
        int status;
        struct rusage usage;
        pid_t task = wait4(-1, &status, __WALL | __WNOTHREAD, &usage);
        if (task < 0 && errno == EINTR) continue;
        if (task < 0) return NULL;
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (task == tracer->process) {
                tracer->end->status = status;
                tracer->result = 0;
            }
            continue;
        }
        int deliver = 0;
        int signal = WSTOPSIG(status);
        if (!prepared && task == tracer->process) {
            prepared = 1;
            ptrace(PTRACE_SETOPTIONS, task, NULL, options);
        } else if (signal == (SIGTRAP | 0x80)) {
            on_call(tracer, task);
        } else if ((status >> 16) == PTRACE_EVENT_EXIT) {
            on_exit_stop(tracer, task);
        } else if ((status >> 16) == 0 && signal != SIGTRAP && signal != SIGSTOP) {
            deliver = signal;
        }
        ptrace(PTRACE_SYSCALL, task, NULL, deliver);
    }
}

int support_trace_run(
    const struct support_spawn *spawn, struct support_trace *trace, int timeout_milliseconds, struct support_end *end) {
    memset(end, 0, sizeof *end);
    trace->calls = trace->requests = 0;
    trace->injected = 0;
    trace->resident_kilobytes = 0;
    struct tracer tracer = {.spawn = spawn, .trace = trace, .end = end, .process = 0};
    pthread_t thread;
    int failure = pthread_create(&thread, NULL, run, &tracer);
    if (failure != 0) return -failure;
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_milliseconds / 1000 + 1;
    if (pthread_timedjoin_np(thread, NULL, &deadline) != 0) {
        end->timed_out = 1;
        pid_t process = __atomic_load_n(&tracer.process, __ATOMIC_ACQUIRE);
        if (process > 0) kill(-process, SIGKILL);
        pthread_join(thread, NULL);
    }
    return tracer.result;
}
