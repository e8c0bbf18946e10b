internal import Addressing
public import ContainerShim
public import JSON
internal import LinuxSystem

/// A container as its files and the kernel show it at one moment.
public struct Container: Sendable {
    /// Where it is in its life.
    public enum State: Hashable, Sendable {
        /// Its command does not run yet: it is being made, or has been and waits for `start`.
        case created
        /// Its command runs.
        case running(LiveRecord)
        /// Its command is frozen.
        case paused(LiveRecord)
        /// Its command has ended, and its policy is about to start it again.
        case restarting(LiveRecord)
        /// Its command has ended.
        case exited(ExitRecord)
        /// Whoever was to record its end was killed.
        case dead

        /// One word, as docker's `ps` filters name it.
        public var word: String {
            switch self {
            case .created: "created"
            case .running: "running"
            case .paused: "paused"
            case .restarting: "restarting"
            case .exited: "exited"
            case .dead: "dead"
            }
        }
    }

    /// What was asked for.
    public let specification: ContainerSpecification
    /// Where it is in its life.
    public let state: State
    /// What its networks gave it.
    public let attachments: [NetworkAttachment]

    /// Its processes' record, when it runs.
    public var live: LiveRecord? {
        switch state {
        case .running(let record), .paused(let record): record
        case .created, .restarting, .exited, .dead: nil
        }
    }

    /// Whether it lives on without a person: it runs, or is about to.
    public var isActive: Bool {
        switch state {
        case .running, .paused, .restarting: true
        case .created, .exited, .dead: false
        }
    }

    /// Whether its policy starts it after a boot.
    public var startsAtBoot: Bool {
        switch (state, specification.life.restart) {
        case (.created, _), (.running, _), (.paused, _), (.restarting, _), (_, .no): false
        case (_, .always): true
        case (.exited(let end), .unlessStopped): !end.stopped
        case (.exited(let end), .onFailure): end.code != 0 && !end.stopped
        case (.dead, .unlessStopped), (.dead, .onFailure): true
        }
    }

    /// Its addresses with their prefix lengths, in the order of its networks.
    public var addresses: [String] { attachments.flatMap { $0.addresses.map { $0.description } } }

    /// What a person reads in the STATUS column; `now` in nanoseconds since 1970.
    public func status(now: Int64) -> String {
        switch state {
        case .created: "Created"
        case .running(let live): "Up \(Self.age(now - live.startedAt))"
        case .paused(let live): "Up \(Self.age(now - live.startedAt)) (Paused)"
        case .restarting(let live):
            "Restarting (\(live.lastCode ?? 0)) \(Self.age(now - live.startedAt)) ago"
        case .exited(let end): "Exited (\(end.code)) \(Self.age(now - end.endedAt)) ago"
        case .dead: "Dead"
        }
    }

    /// How long ago it was made, as "5 minutes ago"; `now` in nanoseconds since 1970.
    public func createdAgo(now: Int64) -> String { "\(Self.age(now - specification.createdAt)) ago" }

    /// A time span in its largest unit, as "5 minutes".
    static func age(_ nanoseconds: Int64) -> String {
        let seconds = max(0, nanoseconds / 1_000_000_000)
        let units: [(Int64, String)] = [(86_400, "day"), (3600, "hour"), (60, "minute")]
        for (length, unit) in units where seconds >= length {
            let count = seconds / length
            return "\(count) \(unit)\(count == 1 ? "" : "s")"
        }
        return "\(seconds) second\(seconds == 1 ? "" : "s")"
    }

    /// Everything there is to know, as `inspect` prints it.
    public var json: JSONValue {
        var object = specification.json.object ?? JSONObject()
        var state = JSONObject([("status", .string(self.state.word))])
        switch self.state {
        case .created, .dead: break
        case .running(let live), .paused(let live), .restarting(let live):
            state["pid"] = .integer(Int64(live.first.identifier))
            state["shimPid"] = .integer(Int64(live.shim.identifier))
            state["networkNamespace"] = .string(live.networkNamespace)
            state["startedAt"] = .string(Timestamp(nanoseconds: live.startedAt).description)
            state["restartCount"] = .integer(Int64(live.restarts))
            if let code = live.lastCode { state["lastExitCode"] = .integer(Int64(code)) }
            if let next = live.restartsAt { state["restartsAt"] = .string(Timestamp(nanoseconds: next).description) }
        case .exited(let end):
            state["exitCode"] = .integer(Int64(end.code))
            if end.startedAt > 0 { state["startedAt"] = .string(Timestamp(nanoseconds: end.startedAt).description) }
            state["endedAt"] = .string(Timestamp(nanoseconds: end.endedAt).description)
            state["restartCount"] = .integer(Int64(end.restarts))
            state["stopped"] = .bool(end.stopped)
            state["oomKilled"] = .bool(end.outOfMemory)
            if !end.reason.isEmpty { state["reason"] = .string(end.reason) }
        }
        object["state"] = .object(state)
        object["networks"] = .array(attachments.map(\.json))
        return .object(object)
    }
}
