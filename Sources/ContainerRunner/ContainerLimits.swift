public import ControlGroups
internal import JSON

extension ContainerSpecification {
    /// What a container may use, as a person asked for it.
    public struct Limits: Hashable, Sendable {
        /// What its control groups hold it to.
        public var resources = ResourceLimits()
        /// How readily the kernel ends it when memory runs out, -1000 to 1000; nil for the runner's own.
        public var oomScoreAdjustment: Int32?
        /// The size of /dev/shm, in bytes.
        public var sharedMemory = standardSharedMemory

        /// Docker's size of /dev/shm.
        public static let standardSharedMemory: Int64 = 64 << 20

        /// No limits but /dev/shm's.
        public init() {}

        /// The limits as config.json holds them: `resources` as the OCI runtime specification writes them.
        var json: JSONValue {
            var object = JSONObject([("resources", resources.json), ("sharedMemory", .integer(sharedMemory))])
            if let oomScoreAdjustment { object["oomScoreAdjustment"] = .integer(Int64(oomScoreAdjustment)) }
            return .object(object)
        }

        /// Reads what `json` wrote; nil stands for a container that was made before there were limits.
        init(_ json: JSONValue?, path: String) throws(RunnerError) {
            guard let json else { return }
            do throws(ResourceFormatError) {
                resources = try ResourceLimits(json.object?["resources"] ?? .object(JSONObject()))
            } catch {
                throw .record(path: path, reason: error.description)
            }
            oomScoreAdjustment = json.object?["oomScoreAdjustment"]?.integer.map { Int32(clamping: $0) }
            sharedMemory = json.object?["sharedMemory"]?.integer ?? Self.standardSharedMemory
        }
    }
}
