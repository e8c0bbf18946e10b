public import JSON
internal import LinuxSystem

/// A plugin as the file that a runtime, or another plugin, executes.
public struct PluginExecutable: Hashable, Sendable {
    /// Its `type`.
    public let type: String
    /// The executable that was found for it.
    public let path: String

    /// Bytes of an answer; a result takes some hundred.
    private static let outputLimit = 1 << 20
    /// A DHCP client may take most of a minute; a plugin past this hangs.
    private static let patience = 120_000  // milliseconds

    /// Finds `type` in directories: the first regular executable file of that name.
    ///
    /// Code 7, naming `key`, when the type is no file name or there is no such plugin.
    public static func find(_ type: String, key: String, in directories: [String]) throws(CNIError) -> PluginExecutable
    {
        try NameRules.checkType(type, key: key)
        for directory in directories {
            let path = "\(directory)/\(type)"
            if Files.isExecutableFile(path) { return PluginExecutable(type: type, path: path) }
        }
        throw .invalidConfiguration(
            "\"\(key)\": there is no plugin \(NameRules.quoted(type)) in CNI_PATH",
            details: "searched \"\(directories.joined(separator: ":"))\"")
    }

    /// Executes the plugin with `configuration` on its standard input; returns what it prints.
    ///
    /// Throws the error that the plugin reports, with its code and naming it unless the caller does (`isNamed`); code 102
    /// when it fails without reporting one.
    public func execute(
        _ verb: Verb, configuration: [UInt8], environment: [String], isNamed: Bool = false
    ) throws(CNIError) -> [UInt8] {
        let environment = environment.filter { !hasPrefix($0, "CNI_COMMAND=") } + ["CNI_COMMAND=\(verb)"]
        let outcome: Subprocess.Outcome
        do throws(SystemError) {
            outcome = try Subprocess.run(
                path, arguments: [path], environment: environment, input: configuration,
                outputLimit: Self.outputLimit, milliseconds: Self.patience)
        } catch {
            throw .delegateFailed("cannot execute plugin \(type) for \(verb)", details: error.description)
        }
        switch outcome.status {
        case .exited(0): return outcome.output
        case .exited(let status):
            if let error = CNIError(document: outcome.output) {
                if isNamed { throw error }
                throw CNIError(
                    code: error.code, message: "plugin \(type): \(error.message)", details: error.details)
            }
            throw .delegateFailed("plugin \(type) failed \(verb) with status \(status) and no error document")
        case .signaled(let signal):
            throw .delegateFailed("plugin \(type) was ended by signal \(signal) during \(verb)")
        }
    }

    /// The result that ADD printed, as it stands and as it is understood; without a version in it, of `assumed`.
    ///
    /// Code 102 when it is no result.
    public func result(
        _ output: [UInt8], assumed: CNIVersion
    ) throws(CNIError) -> (document: JSONValue, result: CNIResult) {
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(output)
        } catch {
            throw .delegateFailed("the answer of plugin \(type) is not JSON", details: error.description)
        }
        do throws(CNIError) {
            return (document, try CNIResult(document, assumed: assumed, path: "result of \(type)"))
        } catch {
            throw .delegateFailed("the answer of plugin \(type) is not a result", details: error.description)
        }
    }
}
