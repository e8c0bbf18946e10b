internal import JSON
internal import LinuxSystem
internal import Seccomp

/// A system call filter, ready for the kernel.
struct PreparedFilter {
    let program: [UInt8]
    let flags: UInt32

    /// What a profile may say, for `features`.
    static var features: JSONObject {
        func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        let actions = ["ALLOW", "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD", "LOG", "TRACE", "TRAP"]
        let operators = ["EQ", "GE", "GT", "LE", "LT", "MASKED_EQ", "NE"]
        return JSONObject([
            ("actions", strings(actions.map { "SCMP_ACT_" + $0 })),
            ("operators", strings(operators.map { "SCMP_CMP_" + $0 })),
        ])
    }

    /// Compiles `linux.seccomp`; nil when there is none.
    static func compile(_ profile: JSONObject?, capabilities: UInt64) throws(OCIError) -> PreparedFilter? {
        guard let profile else { return nil }
        do throws(SeccompError) {
            let kernel: KernelVersion
            do throws(SystemError) { kernel = try KernelVersion.current() } catch { throw .system(error) }
            let subject = SeccompProfile.Subject(capabilities: capabilities, kernel: kernel)
            let filter = try SeccompProfile(.object(profile), for: subject).compile()
            return PreparedFilter(program: filter.bytes, flags: filter.flags)
        } catch {
            throw .configuration(file: "config.json", key: "linux.seccomp", problem: error.description)
        }
    }
}

/// What a process is started with, after what this machine cannot grant is left out.
struct PreparedProcess {
    private(set) var process: ProcessSpecification
    /// What was left out, for a person.
    private(set) var warnings: [String] = []

    /// `hasOwnRights`: in a user namespace of its own a process has every capability.
    init(_ process: ProcessSpecification, hasOwnRights: Bool) {
        self.process = process
        warnings = process.ignored
        if var sets = process.capabilities {
            if !sets.unknown.isEmpty {
                warnings.append("unknown capabilities are left out: \(sets.unknown.joined(separator: " "))")
            }
            let missing = sets.restrict(to: hasOwnRights ? .max : Capability.grantable())
            if !missing.isEmpty {
                warnings.append("capabilities that cannot be granted are left out: \(missing.joined(separator: " "))")
            }
            self.process.capabilities = sets
        }
        if Capability.grantable() & (Capability.bit("SYS_RESOURCE") ?? 0) == 0 {
            for limit in process.limits {
                guard let most = ProcessLimit.current(limit.resource)?.hard, limit.hard > most else { continue }
                warnings.append("\(limit.name) is \(most) at most: without CAP_SYS_RESOURCE it cannot be \(limit.hard)")
            }
        }
        if !process.environment.contains(where: { hasPrefix($0, "HOME=") }) {
            self.process.environment.append(process.user.user == 0 ? "HOME=/root" : "HOME=/")
        }
    }

    /// The most that the process may ever hold.
    var bounding: UInt64 { process.capabilities?.bounding ?? 0 }

    /// Fills in everything of a launch that is about its process.
    func fill(_ launch: inout ContainerLaunch, flags: ContainerLaunch.Flags, filter: PreparedFilter?) {
        launch.setCommand(process.arguments, environment: process.environment)
        launch.setUser(process.user.user, group: process.user.group, supplementary: process.user.additionalGroups)
        var sets = ContainerLaunch.CapabilitySets()
        if let wanted = process.capabilities {
            (sets.bounding, sets.effective, sets.permitted) = (wanted.bounding, wanted.effective, wanted.permitted)
            (sets.inheritable, sets.ambient) = (wanted.inheritable, wanted.ambient)
        }
        launch.setCapabilities(sets)
        var flags = flags
        if process.noNewPrivileges { flags.insert(.noNewPrivileges) }
        if process.terminal { flags.insert(.terminal) }
        launch.setFlags(flags)
        launch.setStreams(input: 0, output: 1, error: 2)
        for limit in process.limits { launch.addLimit(limit.resource, soft: limit.soft, hard: limit.hard) }
        if let score = process.oomScoreAdjustment { launch.setOOMScore(score) }
        if let mask = process.user.mask { launch.setFileModeMask(mask) }
        if let size = process.consoleSize { launch.setTerminalSize(size) }
        if let filter { launch.setFilter(filter.program, flags: filter.flags) }
    }

    /// Lets the process open its streams again by name: they are the caller's, whose user it may not be.
    func ownStreams(_ mappings: [IDMapping]) {
        guard !process.terminal else { return }
        let user = process.user.user
        if let outside = mappings.isEmpty ? user : IDMapping.host(user, in: mappings) {
            StandardStreams.give(to: outside)
        }
    }

    /// Gives a process that has not begun its scheduling.
    func schedule(_ identifier: Int32) throws(OCIError) {
        if let priority = process.ioPriority {
            try attempting("set process.ioPriority") { () throws(SystemError) in
                try Scheduling.setIOPriority(priority, of: identifier)
            }
        }
        guard let scheduler = process.scheduler else { return }
        try attempting("set process.scheduler") { () throws(SystemError) in
            try Scheduling.set(
                policy: scheduler.policy, flags: scheduler.flags, nice: scheduler.nice, priority: scheduler.priority,
                times: scheduler.times, of: identifier)
        }
    }
}

/// Descriptors that are needed up to a clone, and closed together.
struct HeldDescriptors: ~Copyable {
    private var numbers: [CInt] = []

    init() {}

    deinit { for number in numbers { _ = OwnedDescriptor(owning: number) } }

    /// Keeps a descriptor open; returns its number.
    mutating func add(_ descriptor: consuming OwnedDescriptor) -> CInt {
        let number = descriptor.release()
        numbers.append(number)
        return number
    }

    /// An explicit last use, so that they are open to the end of a scope.
    borrowing func keepHeld() {}
}
