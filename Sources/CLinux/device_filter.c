// Device programs of a control group, through bpf(2): libbpf is not needed for three commands.
#define _GNU_SOURCE
#include "container.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { attached_limit = 64 };  // BPF_CGROUP_MAX_PROGS

static int call(int command, union bpf_attr *attributes) {
    long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
    return result < 0 ? -errno : (int)result;
}

static int attached(int group, uint32_t identifiers[attached_limit]) {
    union bpf_attr query = {.query = {
        .target_fd = (uint32_t)group, .attach_type = BPF_CGROUP_DEVICE,
        .prog_ids = (uint64_t)(uintptr_t)identifiers, .prog_cnt = attached_limit}};
    int result = call(BPF_PROG_QUERY, &query);
    return result < 0 ? result : (int)query.query.prog_cnt;
}

static void detach(int group, uint32_t identifier) {
    union bpf_attr open = {.prog_id = identifier};
    int program = call(BPF_PROG_GET_FD_BY_ID, &open);
    if (program < 0) return;
    union bpf_attr detach = {
        .target_fd = (uint32_t)group, .attach_bpf_fd = (uint32_t)program, .attach_type = BPF_CGROUP_DEVICE};
    call(BPF_PROG_DETACH, &detach);
    close(program);
}

int hw_device_filter_attach(int group, const uint64_t *instructions, size_t count) {
    uint32_t before[attached_limit];
    int replaced = attached(group, before);
    if (replaced < 0) return replaced;
    // The licence matters to programs that call the kernel's helpers; this one calls none.
    union bpf_attr load = {
        .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uint64_t)(uintptr_t)instructions,
        .insn_cnt = (uint32_t)count, .license = (uint64_t)(uintptr_t)"", .expected_attach_type = BPF_CGROUP_DEVICE};
    int program = call(BPF_PROG_LOAD, &load);
    if (program < 0) return program;
    union bpf_attr attach = {
        .target_fd = (uint32_t)group, .attach_bpf_fd = (uint32_t)program, .attach_type = BPF_CGROUP_DEVICE,
        .attach_flags = BPF_F_ALLOW_MULTI};
    int result = call(BPF_PROG_ATTACH, &attach);
    close(program);
    // All programs of a group must agree: the old ones go last, so that at no time everything is allowed.
    for (int i = 0; result == 0 && i < replaced; i++) detach(group, before[i]);
    return result;
}
