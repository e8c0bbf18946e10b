public import LinuxSystem

/// An error as CNI knows it: a code for programs, a sentence for people, and what lies beneath.
public struct CNIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A number of ``Code``, or whatever a foreign plugin gave.
    public let code: Int
    /// One sentence for a person.
    public let message: String
    /// The cause, innermost last; empty when the message says all.
    public let details: String

    /// An error with these parts; texts past 4096 bytes are cut.
    public init(code: Int, message: String, details: String = "") {
        self.code = code
        self.message = Self.bounded(message)
        self.details = Self.bounded(details)
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
    public var description: String { details.isEmpty ? message : "\(message): \(details)" }

    private static let maximumTextLength = 4096

    private static func bounded(_ text: String) -> String {
        guard text.utf8.count > maximumTextLength else { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(maximumTextLength / 4) { result.append(scalar) }
        return String(result) + "…"
    }
}

extension CNIError {
    /// Code 1.
    public static func incompatibleVersion(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.incompatibleVersion, message: message, details: details)
    }

    /// Code 2.
    public static func unsupportedField(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.unsupportedField, message: message, details: details)
    }

    /// Code 3.
    public static func unknownContainer(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.unknownContainer, message: message, details: details)
    }

    /// Code 4.
    public static func invalidEnvironment(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidEnvironment, message: message, details: details)
    }

    /// Code 5.
    public static func inputOutput(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.inputOutput, message: message, details: details)
    }

    /// Code 5, of a failed call.
    public static func inputOutput(_ message: String, _ cause: SystemError) -> CNIError {
        inputOutput(message, details: cause.description)
    }

    /// Code 6.
    public static func decoding(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.decoding, message: message, details: details)
    }

    /// Code 7.
    public static func invalidConfiguration(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidConfiguration, message: message, details: details)
    }

    /// Code 8.
    public static func invalidNamespace(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.invalidNamespace, message: message, details: details)
    }

    /// Code 11.
    public static func tryAgainLater(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.tryAgainLater, message: message, details: details)
    }

    /// Code 50.
    public static func notAvailable(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.notAvailable, message: message, details: details)
    }

    /// Code 51.
    public static func limitedConnectivity(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.limitedConnectivity, message: message, details: details)
    }

    /// Code 100.
    public static func kernelRefused(_ message: String, _ cause: SystemError) -> CNIError {
        CNIError(code: Code.kernelRefused, message: message, details: cause.description)
    }

    /// Code 101.
    public static func hostPortTaken(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.hostPortTaken, message: message, details: details)
    }

    /// Code 102.
    public static func delegateFailed(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.delegateFailed, message: message, details: details)
    }

    /// Code 103.
    public static func checkFailed(_ message: String, details: String = "") -> CNIError {
        CNIError(code: Code.checkFailed, message: message, details: details)
    }
}
