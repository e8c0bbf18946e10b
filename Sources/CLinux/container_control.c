// The line between a container's child half and its parent: one message each, with a descriptor when there is one.
#define _GNU_SOURCE
#include "container_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int hw_message_send(int socket, const void *bytes, size_t count, int descriptor) {
    struct iovec part = {(void *)bytes, count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } ancillary = {0};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = sizeof ancillary.bytes;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    ssize_t sent;
    do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

ssize_t hw_message_receive(int socket, void *bytes, size_t count, int *descriptor) {
    struct iovec part = {bytes, count};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } ancillary = {0};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    *descriptor = -1;
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return errno == ECONNRESET ? 0 : -errno;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : received;
}

// A parent that is gone cannot be told; the death signal set at the start ends the child.
void hw_send_report(int control, int kind, int error, const char *action, const char *subject, int descriptor) {
    struct hw_report report = {.kind = kind, .error = error};
    size_t room = sizeof report.text - 1;
    strncat(report.text, action, room);
    if (subject && *subject) {
        strncat(report.text, " ", room - strlen(report.text));
        strncat(report.text, subject, room - strlen(report.text));
    }
    hw_message_send(control, &report, sizeof report, descriptor);
}

int hw_control_receive(int control, struct hw_report *report, int *descriptor) {
    memset(report, 0, sizeof *report);
    ssize_t received = hw_message_receive(control, report, sizeof *report, descriptor);
    if (received <= 0) return (int)received;
    if ((size_t)received != sizeof *report) return -EPROTO;
    report->text[sizeof report->text - 1] = 0;
    return 1;
}

int hw_control_open_gate(int control) { return hw_message_send(control, "s", 1, -1); }

int hw_message_pair(int *first, int *second) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) return -errno;
    *first = pair[0];
    *second = pair[1];
    return 0;
}
