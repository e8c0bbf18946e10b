/// What happens to a system call: SECCOMP_RET_* with its data.
public enum SeccompAction: Hashable, Sendable {
    /// The calling thread ends, by SIGSYS.
    case killThread
    /// The whole process ends, by SIGSYS.
    case killProcess
    /// The caller gets SIGSYS.
    case trap
    /// The call is not made and answers this error number.
    case errno(UInt16)
    /// A tracer decides; it reads this number.
    case trace(UInt16)
    /// The call is made and logged.
    case log
    /// The call is made.
    case allow

    /// What seccomp(2) takes, which libseccomp shares.
    var rawValue: UInt32 {
        switch self {
        case .killThread: 0
        case .killProcess: 0x8000_0000
        case .trap: 0x0003_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .trace(let number): 0x7ff0_0000 | UInt32(number)
        case .log: 0x7ffc_0000
        case .allow: 0x7fff_0000
        }
    }
}

/// A condition on one argument of a system call, all 64 bits of it.
public struct SeccompCondition: Hashable, Sendable {
    /// How the argument is compared.
    public enum Comparison: Hashable, Sendable {
        /// `argument != value`, and so on.
        case notEqual, less, lessOrEqual, equal, greaterOrEqual, greater
        /// `argument & mask == value`.
        case masked(mask: UInt64)
    }

    /// Which argument, from 0 to 5.
    public let argument: UInt32
    /// How it is compared.
    public let comparison: Comparison
    /// With what.
    public let value: UInt64

    /// A condition on an argument.
    public init(argument: UInt32, _ comparison: Comparison, _ value: UInt64) {
        self.argument = argument
        self.comparison = comparison
        self.value = value
    }
}

/// What happens to some system calls; the rules of a profile stand beside each other, in no order.
public struct SeccompRule: Hashable, Sendable {
    /// The calls' names; those that libseccomp does not know are passed over.
    public let names: [String]
    /// What happens to them.
    public let action: SeccompAction
    /// What must hold of the arguments: all of it, or without any the call alone decides.
    ///
    /// Where one argument has several conditions, each of them stands alone, as runc has it.
    public let conditions: [SeccompCondition]

    /// A rule about some calls.
    public init(_ names: [String], _ action: SeccompAction, when conditions: [SeccompCondition] = []) {
        self.names = names
        self.action = action
        self.conditions = conditions
    }

    /// The conditions as libseccomp takes them: a list of rules, each of conditions that hold together.
    var alternatives: [[SeccompCondition]] {
        for (index, condition) in conditions.enumerated()
        where conditions[..<index].contains(where: { $0.argument == condition.argument }) {
            return conditions.map { [$0] }
        }
        return [conditions]
    }
}
