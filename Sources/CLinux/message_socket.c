// Named message sockets. A path in sun_path is at most 107 bytes: the directory is named by its descriptor instead.
#define _GNU_SOURCE
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int address_of(struct sockaddr_un *address, int directory, const char *name) {
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", directory, name);
    return length > 0 && (size_t)length < sizeof address->sun_path ? 0 : -ENAMETOOLONG;
}

int hw_message_listen(int directory, const char *name) {
    struct sockaddr_un address;
    int error = address_of(&address, directory, name);
    if (error) return error;
    int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listening < 0) return -errno;
    // A socket of an earlier life under this name has nobody behind it.
    unlinkat(directory, name, 0);
    mode_t before = umask(0177);
    int failed = bind(listening, (struct sockaddr *)&address, sizeof address) || listen(listening, 64) ? errno : 0;
    umask(before);
    if (!failed) return listening;
    close(listening);
    return -failed;
}

int hw_message_accept(int listening) {
    int connection = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection < 0) return -errno;
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) || peer.uid != geteuid()) {
        close(connection);
        return -EPERM;
    }
    return connection;
}

int hw_message_connect(int directory, const char *name) {
    struct sockaddr_un address;
    int error = address_of(&address, directory, name);
    if (error) return error;
    int connection = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (connection < 0) return -errno;
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) return connection;
    error = errno;
    close(connection);
    return -error;
}
