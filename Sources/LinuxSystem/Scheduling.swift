internal import CLinux

/// How the kernel shares processors and disks among processes.
public enum Scheduling {
    /// Sets a process's policy and its parameters, by the kernel's numbers (sched_setattr(2)).
    ///
    /// `times` are runtime, deadline and period in nanoseconds.
    public static func set(
        policy: UInt32, flags: UInt64, nice: Int32, priority: UInt32, times: [UInt64], of process: Int32
    ) throws(SystemError) {
        let result = hw_set_scheduler(process, policy, flags, nice, priority, times[0], times[1], times[2])
        if result < 0 { throw SystemError("sched_setattr", "process \(process)", Errno(rawValue: -result)) }
    }

    /// Sets a process's disk priority: class and level as ioprio_set(2) takes them.
    public static func setIOPriority(_ priority: Int32, of process: Int32) throws(SystemError) {
        let result = hw_set_io_priority(process, priority)
        if result < 0 { throw SystemError("ioprio_set", "process \(process)", Errno(rawValue: -result)) }
    }
}
