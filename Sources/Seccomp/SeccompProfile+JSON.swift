public import JSON
internal import LinuxSystem

extension SeccompProfile {
    /// Who the profile is for: what docker's `includes` and `excludes` ask about.
    public struct Subject: Hashable, Sendable {
        /// One bit for each capability in the container's bounding set.
        public let capabilities: UInt64
        /// The kernel it runs on.
        public let kernel: KernelVersion

        /// A container with these capabilities on a kernel.
        public init(capabilities: UInt64, kernel: KernelVersion) {
            self.capabilities = capabilities
            self.kernel = kernel
        }
    }

    /// Reads the `linux.seccomp` object of an OCI configuration, or one of docker's profiles.
    ///
    /// Docker's form has `archMap` in place of `architectures`, and `includes` and `excludes` with each rule, which are
    /// decided here. Members that neither form knows are passed over.
    public init(_ json: JSONValue, for subject: Subject) throws(SeccompError) {
        let reader = try ProfileReader(json, key: "")
        guard let word = try reader.string("defaultAction") else {
            throw .malformed(key: "defaultAction", expected: "an action such as SCMP_ACT_ERRNO")
        }
        let number = try reader.number("defaultErrnoRet", limit: maximumErrno)
        self.init(defaultAction: try SeccompAction(word, number: number, key: "defaultAction"))
        if try reader.string("listenerPath") != nil {
            throw .malformed(key: "listenerPath", expected: "no supervisor (SCMP_ACT_NOTIFY is not supported)")
        }
        architectures = try Self.architectures(reader)
        for (index, name) in try reader.strings("flags").enumerated() {
            flags.insert(try Flags(name, key: "flags[\(index)]"))
        }
        for (index, value) in try reader.array("syscalls").enumerated() {
            let entry = try ProfileReader(value, key: "syscalls[\(index)]")
            let rule = try SeccompRule(entry)
            if try subject.isConcerned(by: entry), rule.action != defaultAction { rules.append(rule) }
        }
    }

    private static func architectures(_ reader: ProfileReader) throws(SeccompError) -> [SeccompArchitecture] {
        let names = try reader.strings("architectures")
        let map = try reader.array("archMap")
        if !names.isEmpty, !map.isEmpty {
            throw .malformed(key: "archMap", expected: "either architectures or archMap, not both,")
        }
        var found: [SeccompArchitecture] = []
        for (index, name) in names.enumerated() {
            found.append(try SeccompArchitecture(name, key: "architectures[\(index)]"))
        }
        for (index, value) in map.enumerated() {
            let entry = try ProfileReader(value, key: "archMap[\(index)]")
            guard let name = try entry.string("architecture") else {
                throw .malformed(key: entry.path("architecture"), expected: "an architecture")
            }
            let further = try entry.strings("subArchitectures")
            // One that this libseccomp has never heard of is not this machine's.
            guard SeccompArchitecture(name: name) == .native else { continue }
            for (place, name) in further.enumerated() {
                found.append(try SeccompArchitecture(name, key: "\(entry.path("subArchitectures"))[\(place)]"))
            }
        }
        return found
    }
}

/// MAX_ERRNO of the kernel: what a filter may answer.
private let maximumErrno: UInt64 = 4095

extension SeccompProfile.Subject {
    /// Whether `includes` holds, all of it, and nothing of `excludes`.
    fileprivate func isConcerned(by entry: ProfileReader) throws(SeccompError) -> Bool {
        var concerned = true
        if let includes = try entry.object("includes") {
            for held in try holdings(includes, "caps") where !held { concerned = false }
            let architectures = try includes.strings("arches")
            if !architectures.isEmpty, !architectures.contains(SeccompArchitecture.nativeDockerName) {
                concerned = false
            }
            if let version = try kernelVersion(includes), kernel < version { concerned = false }
        }
        if let excludes = try entry.object("excludes") {
            for held in try holdings(excludes, "caps") where held { concerned = false }
            if try excludes.strings("arches").contains(SeccompArchitecture.nativeDockerName) { concerned = false }
            if let version = try kernelVersion(excludes), kernel >= version { concerned = false }
        }
        return concerned
    }

    /// Of each named capability whether the container has it.
    private func holdings(_ reader: ProfileReader, _ key: String) throws(SeccompError) -> [Bool] {
        var holdings: [Bool] = []
        for (index, name) in try reader.strings(key).enumerated() {
            guard name.hasPrefix("CAP_"), let bit = Capability.bit(String(name.dropFirst(4))) else {
                throw .unknown(
                    key: "\(reader.path(key))[\(index)]", value: name, known: "CAP_CHOWN to CAP_CHECKPOINT_RESTORE")
            }
            holdings.append(capabilities & bit != 0)
        }
        return holdings
    }

    private func kernelVersion(_ reader: ProfileReader) throws(SeccompError) -> KernelVersion? {
        guard let text = try reader.string("minKernel") else { return nil }
        guard let version = KernelVersion(text) else {
            throw .malformed(key: reader.path("minKernel"), expected: "a kernel's version such as 4.8")
        }
        return version
    }
}

extension SeccompRule {
    fileprivate init(_ reader: ProfileReader) throws(SeccompError) {
        var names = try reader.strings("names")
        if let name = try reader.string("name"), !name.utf8.isEmpty {
            guard names.isEmpty else {
                throw .malformed(key: reader.path("name"), expected: "either name or names, not both,")
            }
            names = [name]
        }
        guard !names.isEmpty else { throw .malformed(key: reader.path("names"), expected: "at least one system call") }
        guard let word = try reader.string("action") else {
            throw .malformed(key: reader.path("action"), expected: "an action such as SCMP_ACT_ALLOW")
        }
        var number = try reader.number("errnoRet", limit: maximumErrno)
        if number == nil, let name = try reader.string("errno"), !name.utf8.isEmpty {
            number = try Self.errno(name, key: reader.path("errno"))
        }
        var conditions: [SeccompCondition] = []
        for (index, value) in try reader.array("args").enumerated() {
            conditions.append(try SeccompCondition(try ProfileReader(value, key: "\(reader.path("args"))[\(index)]")))
        }
        self.init(names, try SeccompAction(word, number: number, key: reader.path("action")), when: conditions)
    }

    /// The number of a name such as EPERM, or of digits.
    private static func errno(_ name: String, key: String) throws(SeccompError) -> UInt64 {
        if let number = UInt64(name), number <= maximumErrno { return number }
        let highest: Int32 = 133  // EHWPOISON
        for number in 1...highest where haveSameBytes(Errno(rawValue: number).name, name) { return UInt64(number) }
        throw .unknown(key: key, value: name, known: "a name of errno(3), such as EPERM")
    }

    private static func haveSameBytes(_ left: String, _ right: String) -> Bool {
        Array(left.utf8) == Array(right.utf8)
    }
}

extension SeccompCondition {
    fileprivate init(_ reader: ProfileReader) throws(SeccompError) {
        guard let index = try reader.number("index", limit: 5) else {
            throw .malformed(key: reader.path("index"), expected: "a number from 0 to 5")
        }
        let value = try reader.number("value") ?? 0
        let second = try reader.number("valueTwo") ?? 0
        let comparison: Comparison
        switch try reader.string("op") ?? "" {
        case "SCMP_CMP_NE": comparison = .notEqual
        case "SCMP_CMP_LT": comparison = .less
        case "SCMP_CMP_LE": comparison = .lessOrEqual
        case "SCMP_CMP_EQ": comparison = .equal
        case "SCMP_CMP_GE": comparison = .greaterOrEqual
        case "SCMP_CMP_GT": comparison = .greater
        case "SCMP_CMP_MASKED_EQ":
            self.init(argument: UInt32(index), .masked(mask: value), second)
            return
        case let other:
            throw .unknown(key: reader.path("op"), value: other, known: "SCMP_CMP_NE, LT, LE, EQ, GE, GT, MASKED_EQ")
        }
        self.init(argument: UInt32(index), comparison, value)
    }
}

extension SeccompAction {
    fileprivate init(_ name: String, number: UInt64?, key: String) throws(SeccompError) {
        switch name {
        case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": self = .killThread
        case "SCMP_ACT_KILL_PROCESS": self = .killProcess
        case "SCMP_ACT_TRAP": self = .trap
        case "SCMP_ACT_ERRNO": self = .errno(UInt16(number ?? 1))  // EPERM
        case "SCMP_ACT_TRACE": self = .trace(UInt16(number ?? 1))
        case "SCMP_ACT_LOG": self = .log
        case "SCMP_ACT_ALLOW": self = .allow
        default:
            throw .unknown(
                key: key, value: name,
                known: "SCMP_ACT_KILL, KILL_THREAD, KILL_PROCESS, TRAP, ERRNO, TRACE, LOG, ALLOW")
        }
    }
}

extension SeccompArchitecture {
    fileprivate init(_ name: String, key: String) throws(SeccompError) {
        guard let architecture = SeccompArchitecture(name: name) else {
            throw .unknown(key: key, value: name, known: "what libseccomp knows, such as SCMP_ARCH_X86_64")
        }
        self = architecture
    }
}

extension SeccompProfile.Flags {
    fileprivate init(_ name: String, key: String) throws(SeccompError) {
        switch name {
        case "SECCOMP_FILTER_FLAG_TSYNC": self = .synchronizeThreads
        case "SECCOMP_FILTER_FLAG_LOG": self = .log
        case "SECCOMP_FILTER_FLAG_SPEC_ALLOW": self = .allowSpeculation
        case "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": self = .waitKillable
        default:
            throw .unknown(
                key: key, value: name,
                known: "SECCOMP_FILTER_FLAG_TSYNC, LOG, SPEC_ALLOW, WAIT_KILLABLE_RECV")
        }
    }
}
