public import LinuxSystem

/// An error as CNI knows it: a code for programs, a sentence for people, and what lies beneath.
///
/// It is one pointer wide: every call that can throw makes room for it, and every path out of one moves it.
public struct CNIError: Error, Hashable, Sendable, CustomStringConvertible {
    private indirect enum Parts: Hashable, Sendable {
        case failure(code: Int, message: String, details: String)
    }

    private let parts: Parts

    /// An error with these parts; texts past 4096 bytes are cut, control characters are written as `\u001b`.
    ///
    /// Texts quote what came from outside, keys and other plugins' messages too, and end on somebody's terminal.
    @inline(never)
    public init(code: Int, message: String, details: String = "") {
        parts = .failure(code: code, message: Self.presentable(message), details: Self.presentable(details))
    }

    /// A number of ``Code``, or whatever a foreign plugin gave.
    public var code: Int {
        switch parts {
        case .failure(let code, _, _): code
        }
    }

    /// One sentence for a person.
    public var message: String {
        switch parts {
        case .failure(_, let message, _): message
        }
    }

    /// The cause, innermost last; empty when the message says all.
    public var details: String {
        switch parts {
        case .failure(_, _, let details): details
        }
    }

    /// The codes of the specification (below 100) and those of this suite; docs/errors.md describes them.
    public enum Code {
        /// The configuration's version is not one that the plugin, or the verb, supports.
        public static let incompatibleVersion = 1
        /// A key is known, but its value asks for what this suite does not do.
        public static let unsupportedField = 2
        /// The container, or its attachment, is not known; no DEL is needed.
        public static let unknownContainer = 3
        /// An environment variable is missing or malformed.
        public static let invalidEnvironment = 4
        /// Reading or writing a file or stream failed.
        public static let inputOutput = 5
        /// The configuration is no JSON, or a value has another type than its key demands.
        public static let decoding = 6
        /// The configuration is well-formed and says something impossible.
        public static let invalidConfiguration = 7
        /// CNI_NETNS is the plugin's own namespace.
        public static let invalidNamespace = 8
        /// A lock is held or a pool is empty: the same request may succeed later.
        public static let tryAgainLater = 11
        /// STATUS: ADD cannot be served now.
        public static let notAvailable = 50
        /// STATUS: ADD cannot be served now, and present containers may lack connectivity.
        public static let limitedConnectivity = 51
        /// The kernel refused an operation.
        public static let kernelRefused = 100
        /// A host port is published already.
        public static let hostPortTaken = 101
        /// Another plugin, executed as a delegate, broke the protocol.
        public static let delegateFailed = 102
        /// CHECK found that the attachment is not what ADD made.
        public static let checkFailed = 103
    }

    /// Message and details in one line.
    public var description: String {
        @inline(never) get { details.isEmpty ? message : "\(message): \(details)" }
    }

    private static let maximumTextLength = 4096

    @inline(never)
    private static func presentable(_ text: String) -> String {
        var bytes: [UInt8] = []
        var previous: UInt8 = 0
        for byte in text.utf8 {
            // C0, DEL, and the last byte of C1: U+0080 to U+009F are C2 80 to C2 9F.
            let endsC1 = previous == 0xC2 && byte <= 0x9F
            previous = byte
            guard byte < 0x20 || byte == 0x7F || endsC1 else {
                bytes.append(byte)
                continue
            }
            if endsC1 { bytes.removeLast() }
            bytes += "\\u00".utf8
            for digit in [byte >> 4, byte & 0xF] {
                bytes.append(digit + (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10))
            }
        }
        guard bytes.count > maximumTextLength else { return String(decoding: bytes, as: UTF8.self) }
        // A character of several bytes is kept whole or not at all.
        var end = maximumTextLength - 3
        while bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self) + "…"
    }
}

extension CNIError {
    /// Code 1.
    @inline(never)
    public static func incompatibleVersion(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.incompatibleVersion, message: message, details: details)
    }

    /// Code 2.
    @inline(never)
    public static func unsupportedField(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.unsupportedField, message: message, details: details)
    }

    /// Code 3.
    @inline(never)
    public static func unknownContainer(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.unknownContainer, message: message, details: details)
    }

    /// Code 4.
    @inline(never)
    public static func invalidEnvironment(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidEnvironment, message: message, details: details)
    }

    /// Code 5.
    @inline(never)
    public static func inputOutput(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.inputOutput, message: message, details: details)
    }

    /// Code 5, of a failed call.
    @inline(never)
    public static func inputOutput(_ message: String, _ cause: SystemError) -> CNIError {
        inputOutput(message, details: cause.description)
    }

    /// Code 6.
    @inline(never)
    public static func decoding(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.decoding, message: message, details: details)
    }

    /// Code 7.
    @inline(never)
    public static func invalidConfiguration(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidConfiguration, message: message, details: details)
    }

    /// Code 8.
    @inline(never)
    public static func invalidNamespace(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidNamespace, message: message, details: details)
    }

    /// Code 11.
    @inline(never)
    public static func tryAgainLater(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.tryAgainLater, message: message, details: details)
    }

    /// Code 50.
    @inline(never)
    public static func notAvailable(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.notAvailable, message: message, details: details)
    }

    /// Code 51.
    @inline(never)
    public static func limitedConnectivity(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.limitedConnectivity, message: message, details: details)
    }

    /// Code 100.
    @inline(never)
    public static func kernelRefused(_ message: String, _ cause: SystemError) -> CNIError {
        CNIError(code: Code.kernelRefused, message: message, details: cause.description)
    }

    /// Code 101.
    @inline(never)
    public static func hostPortTaken(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.hostPortTaken, message: message, details: details)
    }

    /// Code 102.
    @inline(never)
    public static func delegateFailed(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.delegateFailed, message: message, details: details)
    }

    /// Code 103.
    @inline(never)
    public static func checkFailed(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.checkFailed, message: message, details: details)
    }
}
