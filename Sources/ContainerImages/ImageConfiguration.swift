public import JSON

/// What an image says of the containers that are made of it: OCI image-spec, config.md.
public struct ImageConfiguration: Hashable, Sendable {
    /// For which machines it is; nil when it does not say.
    public let platform: Platform?
    /// "NAME=value".
    public let environment: [String]
    /// The command, or the entry point's arguments.
    public let command: [String]
    /// The beginning of every command.
    public let entrypoint: [String]
    /// "NAME|UID[:GROUP|GID]" by the image's own files; empty for the superuser.
    public let user: String
    /// Where the command begins; empty for "/".
    public let workingDirectory: String
    /// Ports that it says it listens on.
    public let exposedPorts: [ExposedPort]
    /// As "SIGTERM" or "15"; empty when it does not say.
    public let stopSignal: String
    /// Directories that are not to be part of the container's own layer.
    public let volumes: [String]
    /// Notes of its maker.
    public let labels: [Label]
    /// The layers' digests, uncompressed, lowest first.
    public let layers: [ImageDigest]
    /// When it was made, as it says it.
    public let created: String

    /// A port, as "80/tcp", or several of them, as "80-90/udp".
    public struct ExposedPort: Hashable, Sendable, CustomStringConvertible {
        /// The first and the last.
        public let ports: ClosedRange<UInt16>
        /// "tcp", "udp" or "sctp".
        public let transport: String

        /// Reads "PORT[-LAST][/tcp|udp|sctp]"; nil for anything else.
        public init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) ?? 0 }
            let transport = parts.count > 1 ? parts[1].lowercased() : "tcp"
            guard parts.count <= 2, (1...2).contains(bounds.count), let first = bounds.first, let last = bounds.last,
                first > 0, first <= last, ["tcp", "udp", "sctp"].contains(transport)
            else { return nil }
            ports = first...last
            self.transport = transport
        }

        /// As it is written.
        public var description: String {
            (ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)") + "/\(transport)"
        }
    }

    /// A note.
    public struct Label: Hashable, Sendable {
        /// Its name.
        public let name: String
        /// What it says.
        public let value: String
    }

    /// Reads a configuration; the names are for messages.
    public init(_ bytes: [UInt8], of subject: String, entry: String) throws(ImageError) {
        let reader = try DocumentReader(bytes, subject, entry)
        platform = Platform(reader.members)
        created = try reader.string("created") ?? ""
        let settings = try reader.object("config") ?? DocumentReader(JSONObject(), subject, entry)
        environment = try settings.strings("Env").filter { $0.utf8.contains(UInt8(ascii: "=")) && $0.first != "=" }
        command = try settings.strings("Cmd")
        entrypoint = try settings.strings("Entrypoint")
        user = try settings.string("User") ?? ""
        workingDirectory = try settings.string("WorkingDir") ?? ""
        stopSignal = try settings.string("StopSignal") ?? ""
        volumes = try settings.keys("Volumes")
        labels = try settings.texts("Labels").map { Label(name: $0.key, value: $0.value) }
        var ports: [ExposedPort] = []
        for key in try settings.keys("ExposedPorts") {
            guard let port = ExposedPort(key) else {
                throw ImageError(subject, entry, .malformed("ExposedPorts has \"\(key)\", which is no port"))
            }
            ports.append(port)
        }
        exposedPorts = ports
        guard let root = try reader.object("rootfs") else {
            throw ImageError(subject, entry, .malformed("it has no rootfs: it is no image's configuration"))
        }
        var layers: [ImageDigest] = []
        for text in try root.strings("diff_ids") { layers.append(try root.digest(of: text)) }
        self.layers = layers
    }

    /// As `hawser image inspect` shows it, in docker's words.
    public var json: JSONValue {
        func strings(_ values: [String]) -> JSONValue { .array(values.map { .string($0) }) }
        func set(_ values: [String]) -> JSONValue { .object(JSONObject(values.map { ($0, .object(JSONObject())) })) }
        return .object(
            JSONObject([
                ("Env", strings(environment)), ("Cmd", strings(command)), ("Entrypoint", strings(entrypoint)),
                ("User", .string(user)), ("WorkingDir", .string(workingDirectory)),
                ("ExposedPorts", set(exposedPorts.map(\.description))), ("StopSignal", .string(stopSignal)),
                ("Volumes", set(volumes)),
                ("Labels", .object(JSONObject(labels.map { ($0.name, .string($0.value)) }))),
            ]))
    }
}
