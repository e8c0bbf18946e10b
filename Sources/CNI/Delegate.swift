/// Another plugin that this one executes for a part of its work, as a bridge does its IPAM plugin.
///
/// It gets the same environment and the same whole configuration; its standard error is ours.
public struct Delegate: Sendable {
    private let executable: PluginExecutable

    /// Its `type`.
    public var type: String { executable.type }
    /// The executable that was found for it.
    public var path: String { executable.path }

    /// Finds `type` in the directories of CNI_PATH: the first regular executable file of that name.
    ///
    /// Code 7, naming `key`, when the type is no file name or there is no such plugin.
    public static func find(_ type: String, key: String, in context: PluginContext) throws(CNIError) -> Delegate {
        Delegate(executable: try PluginExecutable.find(type, key: key, in: context.searchPath))
    }

    /// Executes ADD; when the delegate fails, its DEL as well, so that nothing of it stays.
    public func add(_ request: AttachmentRequest) throws(CNIError) -> CNIResult {
        do throws(CNIError) {
            let output = try execute(.add, request.configuration, request.context)
            return try executable.result(output, assumed: request.configuration.version).result
        } catch {
            do throws(CNIError) {
                try delete(request)
            } catch let undo {
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

    private func execute(
        _ verb: Verb, _ configuration: NetworkConfiguration, _ context: PluginContext
    ) throws(CNIError) -> [UInt8] {
        try executable.execute(verb, configuration: configuration.text, environment: context.environment)
    }
}
