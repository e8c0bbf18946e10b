internal import JSON
internal import LinuxSystem

/// Another plugin that this one executes for a part of its work, as a bridge does its IPAM plugin.
///
/// It gets the same environment and the same whole configuration; its standard error is ours.
public struct Delegate: Sendable {
    /// Its `type`.
    public let type: String
    /// The executable that was found for it.
    public let path: String

    /// Bytes of a delegate's answer; a result takes some hundred.
    private static let outputLimit = 1 << 20
    /// A DHCP client may take most of a minute; a delegate past this hangs.
    private static let patience = 120_000  // milliseconds

    /// Finds `type` in the directories of CNI_PATH: the first regular executable file of that name.
    ///
    /// Code 7, naming `key`, when the type is no file name or there is no such plugin.
    public static func find(_ type: String, key: String, in context: PluginContext) throws(CNIError) -> Delegate {
        try NameRules.checkType(type, key: key)
        for directory in context.searchPath {
            let path = "\(directory)/\(type)"
            if Files.isExecutableFile(path) { return Delegate(type: type, path: path) }
        }
        let searched = context.variable("CNI_PATH") ?? ""
        throw .invalidConfiguration(
            "\"\(key)\": there is no plugin \(NameRules.quoted(type)) in CNI_PATH", details: "searched \"\(searched)\"")
    }

    /// Executes ADD; when the delegate fails, its DEL as well, so that nothing of it stays.
    public func add(_ request: AttachmentRequest) throws(CNIError) -> CNIResult {
        do throws(CNIError) {
            let output = try execute(.add, request.configuration, request.context)
            return try result(output, assumed: request.configuration.version)
        } catch {
            do throws(CNIError) { try delete(request) } catch let undo {
                throw CNIError(
                    code: error.code, message: error.message, details: "\(error.details); DEL after it: \(undo)")
            }
            throw error
        }
    }

    /// Executes CHECK.
    public func check(_ request: AttachmentRequest) throws(CNIError) {
        _ = try execute(.check, request.configuration, request.context)
    }

    /// Executes DEL.
    public func delete(_ request: AttachmentRequest) throws(CNIError) {
        _ = try execute(.delete, request.configuration, request.context)
    }

    /// Executes GC.
    public func collectGarbage(_ request: NetworkRequest) throws(CNIError) {
        _ = try execute(.collectGarbage, request.configuration, request.context)
    }

    /// Executes STATUS.
    public func status(_ request: NetworkRequest) throws(CNIError) {
        _ = try execute(.status, request.configuration, request.context)
    }

    private func result(_ output: [UInt8], assumed: CNIVersion) throws(CNIError) -> CNIResult {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(output)
        } catch {
            throw .delegateFailed("the answer of plugin \(type) is not JSON", details: error.description)
        }
        do throws(CNIError) {
            return try CNIResult(value, assumed: assumed, path: "result of \(type)")
        } catch {
            throw .delegateFailed("the answer of plugin \(type) is not a result", details: error.description)
        }
    }

    private func execute(
        _ verb: Verb, _ configuration: NetworkConfiguration, _ context: PluginContext
    ) throws(CNIError) -> [UInt8] {
        let environment = context.environment.filter { !$0.hasPrefix("CNI_COMMAND=") } + ["CNI_COMMAND=\(verb)"]
        let outcome: Subprocess.Outcome
        do throws(SystemError) {
            outcome = try Subprocess.run(
                path, arguments: [path], environment: environment, input: configuration.text,
                outputLimit: Self.outputLimit, milliseconds: Self.patience)
        } catch {
            throw .delegateFailed("cannot execute plugin \(type) for \(verb)", details: error.description)
        }
        switch outcome.status {
        case .exited(0): return outcome.output
        case .exited(let status):
            if let error = CNIError(document: outcome.output) {
                throw CNIError(
                    code: error.code, message: "plugin \(type): \(error.message)", details: error.details)
            }
            throw .delegateFailed("plugin \(type) failed \(verb) with status \(status) and no error document")
        case .signaled(let signal):
            throw .delegateFailed("plugin \(type) was ended by signal \(signal) during \(verb)")
        }
    }
}
