internal import CNI
internal import JSON
internal import LinuxSystem

/// The directory that network configurations are read from, usually /etc/cni/net.d.
public struct NetworkDirectory: Hashable, Sendable {
    /// A file of the directory that is a network.
    public struct Entry: Hashable, Sendable {
        /// Where it was read.
        public let path: String
        /// What it says.
        public let list: NetworkList
    }

    /// The directory.
    public let path: String

    /// Bytes of a configuration file.
    private static let sizeLimit = 1 << 20
    private static let fileLimit = 10_000

    /// The directory at `path`.
    public init(_ path: String) {
        self.path = path
    }

    /// All networks in the order of their file names, and what is wrong with the files that are none.
    ///
    /// Of two files that give the same name the first counts. A missing directory holds no networks.
    public func networks() throws(RuntimeError) -> (entries: [Entry], faults: [RuntimeError]) {
        var entries: [Entry] = []
        var faults: [RuntimeError] = []
        for name in try fileNames(in: path) where Self.isNetworkFile(name) {
            let file = "\(path)/\(name)"
            do throws(RuntimeError) {
                let list = try about(file) { () throws(CNIError) in try read(file) }
                if entries.contains(where: { $0.list.name == list.name }) {
                    faults.append(
                        RuntimeError(file, .invalidConfiguration("network \(list.name) stands in an earlier file")))
                } else {
                    entries.append(Entry(path: file, list: list))
                }
            } catch {
                faults.append(error)
            }
        }
        return (entries, faults)
    }

    /// The network of that name; code 7 when there is none, telling which files could not be read.
    public func network(named name: String) throws(RuntimeError) -> NetworkList {
        let (entries, faults) = try networks()
        if let entry = entries.first(where: { $0.list.name == name }) { return entry.list }
        let known = entries.isEmpty ? "it has none" : "it has \(entries.map(\.list.name).joined(separator: ", "))"
        throw RuntimeError(
            path, .invalidConfiguration("there is no network \(JSONValue.string(name).excerpt())", details: known),
            consequences: faults)
    }

    private static func isNetworkFile(_ name: String) -> Bool {
        [".conflist", ".conf", ".json"].contains { name.hasSuffix($0) && name != $0 }
    }

    private func fileNames(in directory: String) throws(RuntimeError) -> [String] {
        try about(directory) { () throws(CNIError) in
            try reporting("cannot list the directory") { () throws(SystemError) in
                guard try Files.status(directory) != nil else { return [] }
                return try Files.list(directory, limit: Self.fileLimit)
            }
        }
    }

    private func read(_ file: String) throws(CNIError) -> NetworkList {
        let members = try object(in: file)
        guard file.hasSuffix(".conflist") || members["plugins"] != nil else {
            return try NetworkList(singlePlugin: members)
        }
        let keys = ConfigurationObject(members)
        guard try !keys.bool("loadOnlyInlinedPlugins", default: false) else { return try NetworkList(members) }
        // The name becomes a path: it is checked first.
        let name = try keys.string("name", default: "")
        try NameRules.checkNetwork(name)
        return try NetworkList(members, additional: try pluginFiles("\(path)/\(name)"))
    }

    /// The plugin configurations in the directory named like the network; none when there is no such directory.
    private func pluginFiles(_ directory: String) throws(CNIError) -> [JSONObject] {
        let names = try reporting("cannot list \(directory)") { () throws(SystemError) -> [String] in
            guard let status = try Files.status(directory), status.kind == .directory else { return [] }
            return try Files.list(directory, limit: Self.fileLimit)
        }
        var result: [JSONObject] = []
        for name in names where name.hasSuffix(".conf") { result.append(try object(in: "\(directory)/\(name)")) }
        return result
    }

    private func object(in file: String) throws(CNIError) -> JSONObject {
        let text = try reporting("cannot read \(file)") { () throws(SystemError) in
            try Files.read(file, limit: Self.sizeLimit)
        }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(text)
        } catch {
            throw .decoding("\(file) is not JSON", details: error.description)
        }
        guard let members = value.object else {
            throw .decoding("\(file) must hold an object, not the \(value.typeName)")
        }
        return members
    }
}
