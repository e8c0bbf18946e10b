internal import ContainerShim

/// Which containers `ps` and `prune` are about: docker's `--filter` options.
public struct ContainerFilters: Sendable {
    private enum Condition {
        case id(String)
        case name(String)
        case label(String)
        case status(String)
        case exited(Int)
        case network(String)
        case ancestor(String)
        case before(Int64)
        case since(Int64)
        case until(Int64)
    }

    private var conditions: [String: [Condition]] = [:]

    private static let states = ["created", "restarting", "running", "removing", "paused", "exited", "dead"]

    /// Reads KEY=VALUE; `containers` are those that before and since may name.
    public init(_ options: [String], among containers: [Container] = []) throws(RunnerError) {
        for option in options {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw Self.wrong(option) }
            let condition = try Self.condition(parts[0], parts[1], option, containers)
            conditions[parts[0], default: []].append(condition)
        }
    }

    private static func condition(
        _ key: String, _ value: String, _ option: String, _ containers: [Container]
    ) throws(RunnerError) -> Condition {
        func named() throws(RunnerError) -> Int64 {
            guard
                let found = containers.first(where: {
                    $0.specification.name == value || (!value.isEmpty && $0.specification.id.hasPrefix(value))
                })
            else { throw .noSuchContainer(value, similar: []) }
            return found.specification.createdAt
        }
        switch key {
        case "id": return .id(value)
        case "name": return .name(value)
        case "label": return .label(value)
        case "network": return .network(value)
        case "ancestor": return .ancestor(value)
        case "before": return .before(try named())
        case "since": return .since(try named())
        case "status" where states.contains(value): return .status(value)
        case "status":
            throw .invalid(option: "--filter", value: option, expected: "one of \(states.joined(separator: ", "))")
        case "exited":
            guard let code = Int(value) else {
                throw .invalid(option: "--filter", value: option, expected: "an exit status")
            }
            return .exited(code)
        default: throw wrong(option)
        }
    }

    private static func wrong(_ option: String) -> RunnerError {
        .invalid(
            option: "--filter", value: option,
            expected: "KEY=VALUE with a key of id, name, label, status, exited, network, ancestor, before, since")
    }

    /// Only what was made before this moment, as `prune` says it; in nanoseconds since 1970.
    public mutating func limit(createdBefore moment: LogTime) {
        conditions["until"] = [.until(moment.nanoseconds)]
    }

    /// Whether it is said which states are of interest.
    public var chooseStates: Bool { conditions["status"] != nil || conditions["exited"] != nil }

    /// Whether a container is one of those: of each key any value holds, of labels all.
    public func match(_ container: Container) -> Bool {
        conditions.allSatisfy { key, values in
            key == "label"
                ? values.allSatisfy { holds($0, container) } : values.contains { holds($0, container) }
        }
    }

    private func holds(_ condition: Condition, _ container: Container) -> Bool {
        let asked = container.specification
        switch condition {
        case .id(let prefix): return asked.id.hasPrefix(prefix)
        case .name(let part): return asked.name.contains(part)
        case .label(let label):
            return label.contains("=") ? asked.life.labels.contains(label) : asked.life.label(label) != nil
        case .status(let word): return container.state.word == word
        case .exited(let code):
            guard case .exited(let end) = container.state else { return false }
            return end.code == code
        case .network(let name):
            if case .networks(let names) = asked.network { return names.contains(name) }
            return asked.network.description == name
        case .ancestor(let image): return asked.imageName == image
        case .before(let moment), .until(let moment): return asked.createdAt < moment
        case .since(let moment): return asked.createdAt > moment
        }
    }
}
