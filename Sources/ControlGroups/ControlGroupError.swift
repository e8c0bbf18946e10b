public import LinuxSystem

/// Why a limit cannot be set, or a group not be made.
public enum ControlGroupError: Error, Hashable, Sendable, CustomStringConvertible {
    /// This machine has nothing that could hold the limit.
    case absent(option: String, cause: String)
    /// The kernel refused a value.
    indirect case refused(option: String, value: String, SystemError, hint: String)
    /// A group could not be made or used.
    indirect case system(SystemError, during: String)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .absent(let option, let cause): "\(option): \(cause)"
        case .refused(let option, let value, let error, let hint):
            "\(option): \(error.subject) does not take \"\(value)\": \(error.errno)" + (hint.isEmpty ? "" : ": \(hint)")
        case .system(let error, let during): "\(during): \(error)"
        }
    }
}
