// What the runner needs of libc and Swift cannot import: variadics, macros, structures of flexible layout.
#define _GNU_SOURCE
#include "container.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int hw_terminal_set_raw(int terminal, void *saved, size_t size) {
    struct termios settings;
    if (size < sizeof settings) return -EINVAL;
    if (tcgetattr(terminal, &settings)) return -errno;
    memcpy(saved, &settings, sizeof settings);
    cfmakeraw(&settings);
    return tcsetattr(terminal, TCSANOW, &settings) ? -errno : 0;
}

int hw_terminal_restore(int terminal, const void *saved) {
    struct termios settings;
    memcpy(&settings, saved, sizeof settings);
    return tcsetattr(terminal, TCSANOW, &settings) ? -errno : 0;
}

int hw_terminal_size(int terminal, uint16_t *rows, uint16_t *columns) {
    struct winsize size = {0};
    if (ioctl(terminal, TIOCGWINSZ, &size)) return -errno;
    *rows = size.ws_row;
    *columns = size.ws_col;
    return 0;
}

int hw_terminal_resize(int terminal, uint16_t rows, uint16_t columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size) ? -errno : 0;
}

int hw_signal_descriptor(const int *signals, size_t count) {
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < count; i++) sigaddset(&set, signals[i]);
    if (sigprocmask(SIG_BLOCK, &set, NULL)) return -errno;
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int hw_signal_read(int descriptor) {
    struct signalfd_siginfo information;
    ssize_t got;
    do got = read(descriptor, &information, sizeof information);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == EAGAIN ? 0 : -errno;
    return (int)information.ssi_signo;
}

int hw_pidfd_send(int pidfd, int signal) {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) ? -errno : 0;
}

int hw_wait(pid_t process, bool block, int *status) {
    pid_t ended;
    do ended = waitpid(process, status, block ? 0 : WNOHANG);
    while (ended < 0 && errno == EINTR);
    return ended < 0 ? -errno : ended > 0;
}

int hw_port_is_taken(int family, const void *address, uint16_t port, bool stream) {
    int probe = socket(family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (probe < 0) return errno == EAFNOSUPPORT ? 0 : -errno;
    int on = 1;
    // A stream's port in TIME_WAIT is free; a datagram port with the option would be shared with its holder.
    if (stream) setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (family == AF_INET) {
        memcpy(&v4.sin_addr, address, sizeof v4.sin_addr);
    } else {
        memcpy(&v6.sin6_addr, address, sizeof v6.sin6_addr);
        setsockopt(probe, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    int result = family == AF_INET ? bind(probe, (struct sockaddr *)&v4, sizeof v4)
                                   : bind(probe, (struct sockaddr *)&v6, sizeof v6);
    int error = result ? errno : 0;
    close(probe);
    if (error == EADDRNOTAVAIL) return 0;  // an address that the host does not have yet
    return error == EADDRINUSE ? 1 : -error;
}

int hw_make_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) ? -errno : 0; }
void hw_set_process_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
