// What an OCI runtime needs beside the launch itself: a container that waits for another process to start it, programs
// run at points of its life, its terminal given away.
#ifndef HAWSER_CONTAINER_OCI_H
#define HAWSER_CONTAINER_OCI_H
#include <stddef.h>
#include <stdint.h>
#include "container.h"

typedef struct hw_hooks hw_hooks;

/// A list of programs, each told the container's state on its standard input.
hw_hooks *hw_hooks_new(void);
void hw_hooks_free(hw_hooks *hooks);
/// Adds a program; 0 seconds: it may take for ever.
void hw_hooks_add(hw_hooks *hooks, const char *path, int seconds);
/// Adds to the program that was added last.
void hw_hooks_add_argument(hw_hooks *hooks, const char *argument);
void hw_hooks_add_environment(hw_hooks *hooks, const char *assignment);
/// Runs them one after the other. Returns 0, or the number of the one that failed, counted from 1: then `text` says how.
int hw_hooks_run(const hw_hooks *hooks, const char *state, char *text, size_t size);

/// The longest state a hook is told; annotations are the caller's.
enum { HW_STATE_LIMIT = 128 * 1024 };

/// createContainer hooks, run in the container's namespaces before its root is entered; the launch takes them over.
void hw_launch_set_create_hooks(hw_launch *launch, hw_hooks *hooks);
/// startContainer hooks, run just before the command; the launch takes them over.
void hw_launch_set_start_hooks(hw_launch *launch, hw_hooks *hooks);
/// Before its root is entered the child reports NAMESPACES and waits for the state: for hooks, its own and its parent's.
void hw_launch_set_reports_root(hw_launch *launch);
/// Behind its gate the child waits until someone connects to this socket; its parent may end meanwhile.
void hw_launch_set_start_socket(hw_launch *launch, int socket);
/// How many descriptors from 3 on the command gets.
void hw_launch_set_preserved(hw_launch *launch, int count);

/// Binds a socket named "start" in a directory and listens. Returns a descriptor or -errno.
int hw_start_listen(int directory);
/// Connects to that socket: the child's new control. Returns a descriptor or -errno.
int hw_start_connect(int directory);
/// Sends a terminal's master side to whoever listens on a socket, with its name. Returns 0 or -errno.
int hw_console_send(const char *path, int terminal);
/// Sends the container's state to the waiting child. Returns 0 or -errno.
int hw_control_send_state(int control, const char *state);
/// sched_setattr(2) and ioprio_set(2) of another process. Return 0 or -errno.
int hw_set_scheduler(pid_t process, uint32_t policy, uint64_t flags, int32_t nice, uint32_t priority, uint64_t runtime,
                     uint64_t deadline, uint64_t period);
int hw_set_io_priority(pid_t process, int priority);
#endif
