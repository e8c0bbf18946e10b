/// The programs that a bundle wants to have run at points of its container's life.
public struct Hooks: Hashable, Sendable {
    /// Of the old specification: run with `createRuntime`, before it.
    public var prestart: [Hook] = []
    /// In the runtime's namespaces, once the container's namespaces are made and before its root is entered.
    public var createRuntime: [Hook] = []
    /// In the container's namespaces, with the host's files, before its root is entered.
    public var createContainer: [Hook] = []
    /// In the container, just before its command.
    public var startContainer: [Hook] = []
    /// In the runtime's namespaces, after the command was started.
    public var poststart: [Hook] = []
    /// In the runtime's namespaces, after the container is deleted.
    public var poststop: [Hook] = []

    init(_ reader: SpecificationReader?) throws(OCIError) {
        guard let reader else { return }
        prestart = try Self.read(reader, "prestart")
        createRuntime = try Self.read(reader, "createRuntime")
        createContainer = try Self.read(reader, "createContainer")
        startContainer = try Self.read(reader, "startContainer")
        poststart = try Self.read(reader, "poststart")
        poststop = try Self.read(reader, "poststop")
    }

    private static func read(_ reader: SpecificationReader, _ key: String) throws(OCIError) -> [Hook] {
        var hooks: [Hook] = []
        for hook in try reader.objects(key) { hooks.append(try Hook(hook)) }
        return hooks
    }
}

/// One program to run, with the container's state on its standard input.
public struct Hook: Hashable, Sendable {
    /// An absolute path.
    public let path: String
    /// The arguments, the program's name first.
    public let arguments: [String]
    /// All of its environment, "NAME=value" each.
    public let environment: [String]
    /// Seconds after which it is ended and counts as failed; nil waits for ever.
    public let timeout: Int?

    init(_ reader: SpecificationReader) throws(OCIError) {
        path = try reader.needed("path")
        guard path.utf8.first == UInt8(ascii: "/") else {
            throw reader.wrong("path", "must be an absolute path, not \(path)")
        }
        let given = try reader.strings("args")
        arguments = given.isEmpty ? [path] : given
        environment = try reader.strings("env")
        timeout = try reader.integer("timeout")
        if let timeout, timeout <= 0 { throw reader.wrong("timeout", "must be greater than 0, not \(timeout)") }
    }
}
