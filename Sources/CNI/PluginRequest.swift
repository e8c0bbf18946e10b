public import Addressing
internal import LinuxSystem

/// What a plugin process was started with, besides the configuration.
public struct PluginContext: Hashable, Sendable {
    /// The whole environment as `NAME=value`, which delegates inherit.
    public let environment: [String]

    /// A context with this environment.
    public init(environment: [String]) {
        self.environment = environment
    }

    /// The value of a variable; `nil` when it is not set.
    public func variable(_ name: String) -> String? {
        let start = "\(name)="
        for entry in environment where hasPrefix(entry, start) {
            return String(decoding: Array(entry.utf8).dropFirst(start.utf8.count), as: UTF8.self)
        }
        return nil
    }

    /// The directories of CNI_PATH.
    public var searchPath: [String] {
        splitText(variable("CNI_PATH") ?? "", UInt8(ascii: ":")).filter { !$0.isEmpty }
    }
}

/// A request about one attachment: ADD, CHECK or DEL.
public final class AttachmentRequest: Sendable {
    /// Which of the three.
    public let verb: Verb
    /// What it is about.
    public let attachment: Attachment
    /// The network's configuration.
    public let configuration: NetworkConfiguration
    /// CNI_ARGS.
    public let arguments: CNIArguments
    /// The process's environment.
    public let context: PluginContext

    /// A request of these parts.
    public init(
        verb: Verb, attachment: Attachment, configuration: NetworkConfiguration,
        arguments: CNIArguments = CNIArguments(),
        context: PluginContext = PluginContext(environment: [])
    ) {
        self.verb = verb
        self.attachment = attachment
        self.configuration = configuration
        self.arguments = arguments
        self.context = context
    }

    /// The MAC address asked for: `runtimeConfig.mac`, else `args.cni.mac`, else `MAC` of CNI_ARGS.
    public func requestedMAC() throws(CNIError) -> MACAddress? {
        if let address = try configuration.runtimeConfig()?.mac("mac") { return address }
        if let address = try configuration.conventionArguments()?.mac("mac") { return address }
        guard let text = arguments["MAC"], !text.isEmpty else { return nil }
        guard let address = MACAddress(text), !address.isMulticast, !address.isZero else {
            throw .invalidEnvironment(
                "CNI_ARGS: MAC=\(NameRules.quoted(text)) is invalid: it must be a unicast MAC address")
        }
        return address
    }
}

/// A request about a network: GC or STATUS.
public final class NetworkRequest: Sendable {
    /// Which of the two.
    public let verb: Verb
    /// The network's configuration.
    public let configuration: NetworkConfiguration
    /// The process's environment.
    public let context: PluginContext

    /// A request of these parts.
    public init(
        verb: Verb, configuration: NetworkConfiguration, context: PluginContext = PluginContext(environment: [])
    ) {
        self.verb = verb
        self.configuration = configuration
        self.context = context
    }
}
