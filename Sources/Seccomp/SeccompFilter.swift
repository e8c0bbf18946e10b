internal import CLibseccomp
internal import LinuxSystem

/// A compiled profile: what seccomp(2) takes with SECCOMP_SET_MODE_FILTER.
public struct SeccompFilter: Hashable, Sendable {
    /// The program, as an array of `struct sock_filter` of this machine.
    public let bytes: [UInt8]
    /// SECCOMP_FILTER_FLAG_*.
    public let flags: UInt32
}

extension SeccompProfile {
    /// BPF_MAXINSNS of the kernel.
    private static let instructionLimit = 4096

    /// The version of libseccomp that compiles, as "2.5.4".
    public static var libraryVersion: String {
        guard let version = unsafe seccomp_version() else { return "?" }
        return unsafe "\(version.pointee.major).\(version.pointee.minor).\(version.pointee.micro)"
    }

    /// Compiles the profile by libseccomp.
    public func compile() throws(SeccompError) -> SeccompFilter {
        let context = try FilterContext(defaultAction)
        for architecture in architectures { try context.add(architecture) }
        if let otherArchitectures { try context.answerOthers(otherArchitectures) }
        for rule in rules {
            for name in rule.names { try context.add(rule, to: name) }
        }
        let program = FilterPrologue(self).bytes + (try context.program())
        let instructions = program.count / FilterPrologue.instructionSize
        if instructions > Self.instructionLimit {
            throw .tooLong(instructions: instructions, limit: Self.instructionLimit)
        }
        return SeccompFilter(bytes: program, flags: flags.rawValue)
    }
}

/// A filter that libseccomp is making.
@safe private struct FilterContext: ~Copyable {
    private static let sizeLimit = 1 << 20  // bytes: far beyond what the kernel takes

    private let context: scmp_filter_ctx

    init(_ defaultAction: SeccompAction) throws(SeccompError) {
        guard let context = unsafe seccomp_init(defaultAction.rawValue) else {
            throw .refused(rule: "defaultAction", call: "seccomp_init", reason: .invalidArgument)
        }
        unsafe self.context = unsafe context
    }

    deinit { unsafe seccomp_release(context) }

    borrowing func add(_ architecture: SeccompArchitecture) throws(SeccompError) {
        let result = unsafe seccomp_arch_add(context, architecture.token)
        // The machine's own is there already.
        if result == -Errno.exists.rawValue { return }
        try check(result, "architectures", "seccomp_arch_add")
    }

    borrowing func answerOthers(_ action: SeccompAction) throws(SeccompError) {
        try check(
            unsafe seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, action.rawValue), "architectures",
            "seccomp_attr_set")
    }

    borrowing func add(_ rule: SeccompRule, to name: String) throws(SeccompError) {
        let call = unsafe seccomp_syscall_resolve_name(name)
        // A name of a newer kernel, or a misspelt one: docker passes over both.
        if call == -1 { return }
        for conditions in rule.alternatives {
            let arguments = conditions.map { $0.compared }
            let result = unsafe arguments.withUnsafeBufferPointer {
                unsafe seccomp_rule_add_array(
                    context, rule.action.rawValue, call, UInt32($0.count), $0.baseAddress)
            }
            try check(result, name, "seccomp_rule_add")
        }
    }

    borrowing func program() throws(SeccompError) -> [UInt8] {
        do throws(SystemError) {
            let file = try OwnedDescriptor.anonymousFile("seccomp")
            let result = unsafe seccomp_export_bpf(context, file.rawValue)
            if result < 0 { throw SystemError("seccomp_export_bpf", "", Errno(rawValue: -result)) }
            return try file.contents(limit: Self.sizeLimit)
        } catch {
            throw .system(error)
        }
    }

    private borrowing func check(_ result: CInt, _ rule: String, _ call: String) throws(SeccompError) {
        if result < 0 { throw .refused(rule: rule, call: call, reason: Errno(rawValue: -result)) }
    }
}

extension SeccompCondition {
    /// The condition as libseccomp takes it.
    fileprivate var compared: scmp_arg_cmp {
        func compared(_ operation: scmp_compare, _ first: UInt64, _ second: UInt64 = 0) -> scmp_arg_cmp {
            scmp_arg_cmp(arg: argument, op: operation, datum_a: first, datum_b: second)
        }
        return switch comparison {
        case .notEqual: compared(SCMP_CMP_NE, value)
        case .less: compared(SCMP_CMP_LT, value)
        case .lessOrEqual: compared(SCMP_CMP_LE, value)
        case .equal: compared(SCMP_CMP_EQ, value)
        case .greaterOrEqual: compared(SCMP_CMP_GE, value)
        case .greater: compared(SCMP_CMP_GT, value)
        case .masked(let mask): compared(SCMP_CMP_MASKED_EQ, mask, value)
        }
    }
}
