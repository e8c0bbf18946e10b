// Named SOCK_SEQPACKET sockets, and messages that are offered without waiting. LinuxSystem's MessageSocket is the user.
#ifndef HAWSER_MESSAGE_H
#define HAWSER_MESSAGE_H
#include <stddef.h>

/// A socket that listens at `name` in the open directory, for its owner only. Returns it or -errno.
int hw_message_listen(int directory, const char *name);
/// The next connection, non-blocking; -EPERM for a program of another user, whose connection is closed. Returns it or -errno.
int hw_message_accept(int listening);
/// Connects to the socket of that name in the open directory. Returns it or -errno.
int hw_message_connect(int directory, const char *name);
#endif
