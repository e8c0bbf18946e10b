// Running a program in some namespaces of another process, with the caller's own tools where a kind is not joined.
#ifndef HAWSER_ENTER_H
#define HAWSER_ENTER_H
#include <stddef.h>
#include <stdint.h>

struct hw_enter {
    int target;        // a pidfd, or the descriptor of one namespace
    int namespaces;    // CLONE_NEW*: which to join
    int root;          // the directory that becomes the root, or -1
    const char *_Nullable working;  // where the program begins, inside; NULL: where the caller is, or the new root
    int64_t uid, gid;  // who runs it; -1: the caller, or 0 of a user namespace that is joined
    char *const _Nullable *_Nonnull arguments;
};

/// What failed before the program ran; `error` is 0 when it ran.
struct hw_enter_failure {
    int error;
    int is_program;  // it is there or not: the program itself could not be executed
    char action[64];
};

/// Runs the program to its end and answers as a shell would: its exit status, or 128 and the signal's number.
/// The caller's process is not changed; signals that people send it are passed on.
int hw_enter_run(const struct hw_enter *_Nonnull enter, struct hw_enter_failure *_Nonnull failure);

/// Whether an overlay with its upper layer in this directory can be mounted, tried where nobody sees it: 0 or an errno.
/// The directory has lower, upper, work and merged.
int hw_probe_overlay(const char *_Nonnull directory);

enum { HW_CLONE_NEWTIME = 0x80 };
#endif
