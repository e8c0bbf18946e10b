/// What processes may ask the kernel for: a default, and the rules that differ from it.
public struct SeccompProfile: Hashable, Sendable {
    /// SECCOMP_FILTER_FLAG_*, for seccomp(2).
    public struct Flags: OptionSet, Hashable, Sendable {
        /// The bits as the kernel takes them.
        public let rawValue: UInt32
        /// A set of flags.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// All threads of the process get the filter.
        public static let synchronizeThreads = Flags(rawValue: 1)
        /// Whatever is not allowed is logged.
        public static let log = Flags(rawValue: 2)
        /// The processor's speculation stays as it is.
        public static let allowSpeculation = Flags(rawValue: 4)
        /// Only a fatal signal interrupts a call that a supervisor decides about.
        public static let waitKillable = Flags(rawValue: 32)
    }

    /// System calls of a range of numbers, which answer ENOSYS before any rule is asked.
    ///
    /// What is newer than a profile is better absent than forbidden: libraries fall back to an older call.
    public struct AbsentCalls: Hashable, Sendable {
        /// The numbers.
        public let numbers: ClosedRange<UInt32>
        /// Where the numbers mean this; nil on each architecture.
        public let architecture: SeccompArchitecture?
    }

    /// A call that is made whatever the rules say, with one of a few values as its first argument.
    ///
    /// A rule takes one condition on an argument, so that a refusal of all values but some would be many rules.
    public struct Exemption: Hashable, Sendable {
        /// The call's name.
        public let name: String
        /// The values; the kernel takes the argument as 32 bits.
        public let values: [UInt32]
    }

    /// What happens to a call that no rule is about.
    public var defaultAction: SeccompAction
    /// Further architectures whose calls the rules are about; the machine's own is always among them.
    public var architectures: [SeccompArchitecture] = []
    /// What happens to a call of another architecture; nil leaves it to libseccomp, which ends the thread.
    public var otherArchitectures: SeccompAction?
    /// For seccomp(2).
    public var flags: Flags = []
    /// What differs from the default.
    public var rules: [SeccompRule] = []
    /// Calls that this kernel might have and the profile does not.
    public var absent: [AbsentCalls] = []
    /// What is allowed before the rules are asked.
    public var exemptions: [Exemption] = []

    /// A profile without rules.
    public init(defaultAction: SeccompAction) { self.defaultAction = defaultAction }
}
