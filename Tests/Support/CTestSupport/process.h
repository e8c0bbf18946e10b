#ifndef HAWSER_CTESTSUPPORT_PROCESS_H
#define HAWSER_CTESTSUPPORT_PROCESS_H

#include "CTestSupport.h"

/// As support_spawn; `traced`: the process stops after execve until its parent, the tracer, lets it go.
pid_t support_start(const struct support_spawn *spawn, int traced);
/// Waits for one process without a deadline and takes its figures.
int support_reap(pid_t process, struct support_end *end);

#endif
