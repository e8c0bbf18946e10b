internal import JSON
internal import LinuxSystem

/// The pairs of CNI_ARGS: `K=V;K2=V2`, the oldest and weakest of CNI's three ways to pass arguments.
public struct CNIArguments: Hashable, Sendable {
    /// One pair.
    public struct Pair: Hashable, Sendable {
        /// What stands before the equals sign.
        public let key: String
        /// What stands behind it.
        public let value: String
    }

    /// The pairs in their order.
    public let pairs: [Pair]

    /// No arguments.
    public init() {
        pairs = []
    }

    /// Reads the variable's value; code 4 when a pair has not exactly one equals sign.
    public init(_ text: String) throws(CNIError) {
        var pairs: [Pair] = []
        for part in text.isEmpty ? [] : splitText(text, UInt8(ascii: ";")) {
            let halves = splitText(part, UInt8(ascii: "="))
            guard halves.count == 2, !halves[0].isEmpty else {
                throw .invalidEnvironment(
                    "CNI_ARGS: \(NameRules.quoted(part)) is invalid: it must be KEY=VALUE")
            }
            pairs.append(Pair(key: halves[0], value: halves[1]))
        }
        self.pairs = pairs
    }

    /// The value of CNI_ARGS that says the same.
    public var text: String { pairs.map { "\($0.key)=\($0.value)" }.joined(separator: ";") }

    /// The value of a key: of its last pair, as in the reference.
    public subscript(key: String) -> String? {
        pairs.last { $0.key == key }?.value
    }

    /// Code 4 for a key that no plugin of this suite knows, unless `IgnoreUnknown` is true.
    ///
    /// The reference lets each plugin refuse what that plugin does not know, so that `MAC=…` alone breaks a bridge with
    /// host-local; here all keys of the suite are known to all.
    public func refuseUnknown() throws(CNIError) {
        if try ignoresUnknown() { return }
        for pair in pairs where !Self.known.contains(where: { $0 == pair.key }) {
            throw .invalidEnvironment(
                "CNI_ARGS: the key \(NameRules.quoted(pair.key)) is not known; IgnoreUnknown=1 would allow it")
        }
    }

    private static let known = [
        "IgnoreUnknown", "IP", "GATEWAY", "MAC", "K8S_POD_NAMESPACE", "K8S_POD_NAME", "K8S_POD_INFRA_CONTAINER_ID",
        "K8S_POD_UID",
    ]

    private func ignoresUnknown() throws(CNIError) -> Bool {
        guard let value = self["IgnoreUnknown"] else { return false }
        guard let flag = Self.boolean(value) else {
            throw .invalidEnvironment(
                "CNI_ARGS: IgnoreUnknown=\(NameRules.quoted(value)) is invalid: it must be 0 or 1")
        }
        return flag
    }

    /// A truth value of the environment: 0, 1, false or true in any case; `nil` for anything else.
    static func boolean(_ text: String) -> Bool? {
        if text == "1" || isEqualIgnoringCase(text, "true") { return true }
        return text == "0" || isEqualIgnoringCase(text, "false") ? false : nil
    }
}
