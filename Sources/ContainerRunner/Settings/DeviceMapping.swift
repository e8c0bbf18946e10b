/// One `--device` option: a device of the host that opens inside.
public struct DeviceMapping: Hashable, Sendable, CustomStringConvertible {
    /// The host's path.
    public let source: String
    /// The path inside.
    public let target: String
    /// What may be done with it: r, w and m, in this order.
    public let access: String

    /// Reads `HOSTDEVICE[:DEVICE][:rwm]`.
    public init(_ text: String) throws(RunnerError) {
        let refused = RunnerError.invalid(
            option: "--device", value: text, expected: "HOSTDEVICE[:DEVICE][:rwm] with absolute paths")
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let source = parts.first, source.hasPrefix("/") else { throw refused }
        var access = "rwm"
        if parts.count > 1, let last = parts.last, !last.hasPrefix("/") {
            guard !last.isEmpty, last.allSatisfy({ "rwm".contains($0) }), Set(last).count == last.count else {
                throw refused
            }
            access = String("rwm".filter { last.contains($0) })
            parts.removeLast()
        }
        guard parts.count <= 2, let target = parts.last, target.hasPrefix("/"), target != "/" else { throw refused }
        self.source = source
        self.target = target
        self.access = access
    }

    init(source: String, target: String, access: String) {
        self.source = source
        self.target = target
        self.access = access
    }

    /// As `--device` takes it.
    public var description: String { "\(source):\(target):\(access)" }
}
