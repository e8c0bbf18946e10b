public import ContainerShim
public import JSON
public import LinuxSystem

/// How a container lives and ends, as it was asked for: the member "life" of config.json.
public struct LifeSettings: Hashable, Sendable {
    /// Whether it is started again when it has ended.
    public var restart = RestartPolicy.no
    /// How its output is kept.
    public var log = LogSettings()
    /// What `stop` asks with; nil for SIGTERM.
    public var stopSignal: Signal?
    /// Seconds that `stop` waits before it kills; nil for 10, negative for ever.
    public var stopTimeout: Int?
    /// What a person noted, as "name=value", sorted.
    public var labels: [String] = []
    /// Whether its input stays open when whoever started it has no more.
    public var keepsInputOpen = false

    /// No restart, the standard log, no labels.
    public init() {}

    /// Seconds that `stop` waits where nothing else is said.
    public static let standardStopTimeout = 10

    /// The settings as config.json holds them.
    public var json: JSONValue {
        var object = JSONObject([
            ("restart", .string(restart.description)), ("log", log.json),
            ("labels", .array(labels.map { .string($0) })), ("keepsInputOpen", .bool(keepsInputOpen)),
        ])
        if let stopSignal { object["stopSignal"] = .integer(Int64(stopSignal.rawValue)) }
        if let stopTimeout { object["stopTimeout"] = .integer(Int64(stopTimeout)) }
        return .object(object)
    }

    /// Reads what `json` wrote; nothing for a container that was made without.
    init(_ json: JSONValue?, path: String) throws(RunnerError) {
        guard let json else { return }
        func wrong(_ key: String) -> RunnerError { .record(path: path, reason: "\"life.\(key)\" is missing or wrong") }
        guard let object = json.object else { throw .record(path: path, reason: "\"life\" is not an object") }
        guard let restart = object["restart"]?.string.flatMap({ RestartPolicy($0) }) else { throw wrong("restart") }
        self.restart = restart
        do throws(RecordError) {
            log = try LogSettings(object["log"] ?? .null)
        } catch {
            throw .record(path: path, reason: error.description)
        }
        labels = (object["labels"]?.array ?? []).compactMap(\.string)
        keepsInputOpen = object["keepsInputOpen"]?.bool ?? false
        stopSignal = object["stopSignal"]?.integer.map { Signal(rawValue: Int32(clamping: $0)) }
        stopTimeout = object["stopTimeout"]?.integer.map { Int(clamping: $0) }
    }

    /// The value of a label; nil when it was not given.
    public func label(_ name: String) -> String? {
        let prefix = name + "="
        return labels.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}

extension ContainerSpecification {
    /// The image it was made from; nil for a root of another kind.
    public var imageName: String? {
        if case .image(let name, _, _) = root.source { return name }
        return nil
    }

    /// What the container's shim must know.
    var shimSettings: ShimSettings {
        var settings = ShimSettings()
        settings.restart = life.restart
        settings.log = life.log
        settings.input = interactive ? (life.keepsInputOpen ? .open : .once) : .none
        return settings
    }
}
