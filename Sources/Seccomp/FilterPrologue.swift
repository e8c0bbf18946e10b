internal import CLibseccomp

/// Instructions that stand before libseccomp's: they answer ENOSYS for absent calls, and allow what is exempted.
///
/// libseccomp knows no ranges of numbers, and one condition on an argument.
struct FilterPrologue {
    /// Bytes of `struct sock_filter`.
    static let instructionSize = 8

    /// linux/filter.h.
    private enum Code: UInt16 {
        case load = 0x20  // BPF_LD | BPF_W | BPF_ABS
        case jumpIfEqual = 0x15
        case jumpIfGreater = 0x25
        case jumpIfGreaterOrEqual = 0x35
        case answer = 0x06  // BPF_RET | BPF_K
    }

    /// Offsets in `struct seccomp_data`.
    private static let number: UInt32 = 0
    private static let architecture: UInt32 = 4
    /// Of the first argument's lower half.
    private static let argument: UInt32 = 1.littleEndian == 1 ? 16 : 20

    private(set) var bytes: [UInt8] = []

    init(_ profile: SeccompProfile) {
        for calls in profile.absent { answerAbsent(calls) }
        for exemption in profile.exemptions {
            for architecture in [.native] + profile.architectures { allow(exemption, on: architecture) }
        }
    }

    private mutating func answerAbsent(_ calls: SeccompProfile.AbsentCalls) {
        if let only = calls.architecture {
            put(.load, Self.architecture)
            put(.jumpIfEqual, only.token, otherwise: 4)
        }
        put(.load, Self.number)
        put(.jumpIfGreaterOrEqual, calls.numbers.lowerBound, otherwise: 2)
        put(.jumpIfGreater, calls.numbers.upperBound, then: 1)
        put(.answer, SeccompAction.errno(38).rawValue)  // ENOSYS
    }

    private mutating func allow(_ exemption: SeccompProfile.Exemption, on architecture: SeccompArchitecture) {
        let number = unsafe seccomp_syscall_resolve_name_arch(architecture.token, exemption.name)
        guard number >= 0 else { return }
        let count = UInt8(exemption.values.count)
        put(.load, Self.architecture)
        put(.jumpIfEqual, architecture.token, otherwise: count + 5)
        put(.load, Self.number)
        put(.jumpIfEqual, UInt32(number), otherwise: count + 3)
        put(.load, Self.argument)
        for (index, value) in exemption.values.enumerated() {
            put(.jumpIfEqual, value, then: count - UInt8(index))
        }
        put(.jumpIfGreaterOrEqual, 0, then: 1)  // always: past the answer
        put(.answer, SeccompAction.allow.rawValue)
    }

    private mutating func put(_ code: Code, _ operand: UInt32, then: UInt8 = 0, otherwise: UInt8 = 0) {
        append(code.rawValue)
        bytes.append(then)
        bytes.append(otherwise)
        append(operand)
    }

    /// In the machine's byte order, as the kernel reads it.
    private mutating func append(_ value: some FixedWidthInteger) {
        unsafe withUnsafeBytes(of: value) { unsafe bytes.append(contentsOf: $0) }
    }
}
