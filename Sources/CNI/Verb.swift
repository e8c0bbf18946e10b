/// What a runtime asks of a plugin: the value of CNI_COMMAND.
public enum Verb: String, CaseIterable, Sendable, Hashable, CustomStringConvertible {
    /// Attach a container.
    case add = "ADD"
    /// Detach it.
    case delete = "DEL"
    /// Verify an attachment.
    case check = "CHECK"
    /// Drop what no valid attachment owns.
    case collectGarbage = "GC"
    /// Say whether ADD would work.
    case status = "STATUS"
    /// Say which versions are supported.
    case version = "VERSION"

    /// The value of CNI_COMMAND.
    public var description: String { rawValue }

    /// Whether it is about one attachment, rather than about a network or the plugin.
    public var concernsAttachment: Bool { self == .add || self == .delete || self == .check }

    /// The version of the specification that introduced it.
    public var introduced: CNIVersion {
        switch self {
        case .add, .delete, .version: .v0_1_0
        case .check: .v0_4_0
        case .collectGarbage, .status: .v1_1_0
        }
    }
}
