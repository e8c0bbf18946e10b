/// Whether some access to some devices is allowed.
public struct DeviceRule: Hashable, Sendable {
    /// The kinds of device.
    public enum Kind: Hashable, Sendable {
        case all, character, block

        /// As devices.allow has it: "a", "c" or "b".
        public var letter: String {
            switch self {
            case .all: "a"
            case .character: "c"
            case .block: "b"
            }
        }
    }

    /// What may be done, in the kernel's bits (BPF_DEVCG_ACC_*).
    public struct Access: OptionSet, Hashable, Sendable {
        /// The bits.
        public let rawValue: UInt32
        /// A set of rights.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// Make a node.
        public static let make = Access(rawValue: 1)
        /// Open for reading.
        public static let read = Access(rawValue: 2)
        /// Open for writing.
        public static let write = Access(rawValue: 4)
        /// All three.
        public static let all: Access = [.make, .read, .write]

        /// Reads letters of "rwm"; nil for others, and for none.
        public init?(_ letters: String) {
            var access: Access = []
            for letter in letters.utf8 {
                switch letter {
                case UInt8(ascii: "r"): access.insert(.read)
                case UInt8(ascii: "w"): access.insert(.write)
                case UInt8(ascii: "m"): access.insert(.make)
                default: return nil
                }
            }
            if access.isEmpty { return nil }
            self = access
        }

        /// As "rwm".
        public var letters: String {
            (contains(.read) ? "r" : "") + (contains(.write) ? "w" : "") + (contains(.make) ? "m" : "")
        }
    }

    /// Whether the access is allowed or denied.
    public let allows: Bool
    /// The kind of device.
    public let kind: Kind
    /// The major number; nil for every one.
    public let major: Int64?
    /// The minor number; nil for every one.
    public let minor: Int64?
    /// What is allowed or denied.
    public let access: Access

    /// A rule.
    public init(allows: Bool, kind: Kind, major: Int64? = nil, minor: Int64? = nil, access: Access = .all) {
        self.allows = allows
        self.kind = kind
        self.major = major
        self.minor = minor
        self.access = access
    }

    /// As devices.allow has it: "c 1:3 rwm".
    var legacyText: String {
        if kind == .all { return "a" }
        func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "*" }
        return "\(kind.letter) \(number(major)):\(number(minor)) \(access.letters)"
    }
}

extension [DeviceRule] {
    /// A program of the kind BPF_PROG_TYPE_CGROUP_DEVICE that decides as these rules say.
    ///
    /// r0 collects the rights that the rules grant and take back one after the other; in the end the access is allowed when
    /// all rights it asks for are among them.
    var program: [UInt64] {
        func instruction(_ code: UInt8, to: UInt64 = 0, from: UInt64 = 0, skip: Int = 0, _ value: UInt32 = 0) -> UInt64
        {
            UInt64(code) | to << 8 | from << 12 | UInt64(UInt16(truncatingIfNeeded: skip)) << 16 | UInt64(value) << 32
        }
        // r1 points to struct bpf_cgroup_dev_ctx: access and kind, major, minor.
        var program = [
            instruction(0x61, to: 2, from: 1, skip: 0),  // r2 = *(u32 *)(r1 + 0)
            instruction(0x61, to: 4, from: 1, skip: 4),  // r4 = major
            instruction(0x61, to: 5, from: 1, skip: 8),  // r5 = minor
            instruction(0xbf, to: 3, from: 2),  // r3 = r2
            instruction(0x57, to: 2, 0xffff),  // r2 &= 0xffff: the kind, BPF_DEVCG_DEV_*
            instruction(0x77, to: 3, 16),  // r3 >>= 16: the rights asked for
            instruction(0xb7, to: 0, 0),  // r0 = 0: the rights granted
        ]
        for rule in self {
            var tests: [(register: UInt64, value: UInt32)] = []
            switch rule.kind {
            case .all: break
            case .block: tests.append((2, 1))
            case .character: tests.append((2, 2))
            }
            if rule.kind != .all, let major = rule.major { tests.append((4, UInt32(truncatingIfNeeded: major))) }
            if rule.kind != .all, let minor = rule.minor { tests.append((5, UInt32(truncatingIfNeeded: minor))) }
            for (index, test) in tests.enumerated() {
                // To behind the rule's last instruction, unless equal (JNE of 32 bits).
                program.append(instruction(0x56, to: test.register, skip: tests.count - index, test.value))
            }
            let bits = rule.kind == .all ? everyRight : rule.access.rawValue
            program.append(
                rule.allows ? instruction(0x47, to: 0, bits) : instruction(0x57, to: 0, ~bits & everyRight))
        }
        program += [
            instruction(0x5f, to: 0, from: 3),  // r0 &= r3
            instruction(0x1d, to: 0, from: 3, skip: 2),  // if r0 == r3, allow
            instruction(0xb7, to: 0, 0),
            instruction(0x95),
            instruction(0xb7, to: 0, 1),
            instruction(0x95),
        ]
        return program
    }
}

private var everyRight: UInt32 { DeviceRule.Access.all.rawValue }

extension DeviceRule {
    /// Docker's rules: no device but those without secrets and state, and terminals; nodes of any kind may be made.
    public static let standard: [DeviceRule] =
        [
            DeviceRule(allows: false, kind: .all), DeviceRule(allows: true, kind: .character, access: .make),
            DeviceRule(allows: true, kind: .block, access: .make),
        ]
        // null, zero, full, random, urandom; tty, console, ptmx; the terminals of devpts.
        + [3, 5, 7, 8, 9].map { DeviceRule(allows: true, kind: .character, major: 1, minor: $0) }
        + [0, 1, 2].map { DeviceRule(allows: true, kind: .character, major: 5, minor: $0) }
        + [DeviceRule(allows: true, kind: .character, major: 136)]
}
