internal import JSON
internal import LinuxSystem

/// The root of a container that does not run, held open: as its plan makes it, with what the container wrote.
///
/// A first process builds it in namespaces of its own and waits at its gate, which never opens.
public struct HeldRoot: ~Copyable {
    private let launched: LaunchedProcess

    /// Why there is none.
    public struct Refusal: Error, Hashable, Sendable {
        /// One sentence.
        public let reason: String
    }

    private static let planLimit = 4 << 20  // bytes, as the shim's

    /// Builds the root by the plan in a container's state directory.
    public static func open(stateDirectory: String) throws(Refusal) -> HeldRoot {
        let plan = try readPlan("\(stateDirectory)/\(Shim.planFileName)")
        if plan.privateInMemory != nil {
            throw Refusal(reason: "what it wrote was in memory, and is gone since it ended")
        }
        do throws(SystemError) {
            let nothing = try OwnedDescriptor.readingAndWriting("/dev/null")
            let number = nothing.rawValue
            let launched = try plan.launch(stateDirectory: stateDirectory, input: number, output: number, error: number)
            return try wait(launched)
        } catch {
            throw Refusal(reason: error.description)
        }
    }

    private static func wait(_ launched: consuming LaunchedProcess) throws(SystemError) -> HeldRoot {
        guard let report = try launched.control.next() else {
            launched.abandon()
            throw SystemError("launch", "the container's root", .noProcess)
        }
        if case .failed(let error) = report.event {
            launched.abandon()
            throw error
        }
        return HeldRoot(launched)
    }

    private static func readPlan(_ path: String) throws(Refusal) -> LaunchPlan {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limit: planLimit)
        } catch {
            throw Refusal(reason: error.errno == .noEntry ? "it was never started" : error.description)
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(bytes)
        } catch {
            throw Refusal(reason: "\(path): \(error)")
        }
        var plan: LaunchPlan
        do throws(RecordError) {
            plan = try LaunchPlan(json)
        } catch {
            throw Refusal(reason: "\(path): \(error)")
        }
        // None of what it shared or was limited by is needed to look at its files.
        plan.network = .own
        plan.pid = .own
        plan.ipc = .own
        plan.uts = .own
        plan.cgroup = .own
        plan.terminal = false
        plan.controlGroup = nil
        plan.legacyControlGroups = []
        plan.sysctls = []
        plan.limits = []
        return plan
    }

    private init(_ launched: consuming LaunchedProcess) {
        self.launched = launched
    }

    /// The path of the root, while this value lives.
    public var path: String { "/proc/\(launched.handle.identifier)/root" }

    /// Lets it go.
    public consuming func close() { launched.abandon() }
}
