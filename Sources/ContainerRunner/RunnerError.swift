internal import CNI
public import CNIRuntime
public import ControlGroups
public import LinuxSystem

/// Why the runner refuses or fails.
///
/// What a person reads is made here, once.
public enum RunnerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An option's value is not what it must be.
    case invalid(option: String, value: String, expected: String)
    /// No container has this name or id; these are similar.
    case noSuchContainer(String, similar: [String])
    /// An id's beginning that several containers share.
    case ambiguous(String)
    /// Another container has the name.
    case nameTaken(String, by: String)
    /// The verb needs a running container.
    case notRunning(String)
    /// The verb needs a container that has ended.
    case running(String)
    /// No configuration describes the network.
    case noSuchNetwork(String, known: [String], directory: String)
    /// A program of the host listens on a port that was to be published.
    case portTaken(PortMapping, hostPort: UInt16)
    /// A plugin refused; the error names the network.
    case network(RuntimeError)
    /// A system call failed.
    case system(SystemError, during: String)
    /// A limit cannot be had.
    case limit(ControlGroupError)
    /// A state file does not say what it should.
    case record(path: String, reason: String)
    /// A verb cannot be done to this container.
    case container(String, String)
    /// The container did not come to life.
    case notStarted(code: Int, reason: String)
    /// Several things went wrong in a clean-up that went on nevertheless.
    case several([RunnerError])

    /// The exit status that docker's users expect.
    public var exitCode: Int32 {
        switch self {
        case .noSuchContainer, .ambiguous, .notRunning, .running, .container, .several: 1
        case .notStarted(let code, _): Int32(code)
        case .invalid, .nameTaken, .noSuchNetwork, .portTaken, .network, .system, .limit, .record: 125
        }
    }

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .invalid(let option, let value, let expected): "\(option): \"\(value)\" is not \(expected)"
        case .noSuchContainer(let name, let similar):
            "no container is called \"\(name)\""
                + (similar.isEmpty ? "" : "; did you mean \(similar.joined(separator: ", "))?")
        case .ambiguous(let prefix): "several containers' ids begin with \"\(prefix)\""
        case .nameTaken(let name, let owner): "the name \"\(name)\" is in use by container \(owner)"
        case .notRunning(let name): "container \(name) is not running"
        case .running(let name): "container \(name) is running: stop it first, or use rm --force"
        case .noSuchNetwork(let name, let known, let directory):
            "no network is called \"\(name)\" in \(directory)"
                + (known.isEmpty ? " (there is none)" : "; there is \(known.joined(separator: ", "))")
        case .portTaken(let mapping, let port):
            "host port \(port)/\(mapping.transport.rawValue) of -p \(mapping) is in use by another program"
        case .network(let error): "\(error) (code \(error.cause.code))"
        case .system(let error, let during): "\(during): \(error)"
        case .limit(let error): error.description
        case .record(let path, let reason): "\(path): \(reason)"
        case .container(let name, let reason): "container \(name): \(reason)"
        case .notStarted(_, let reason): reason
        case .several(let errors): errors.map(\.description).joined(separator: "; ")
        }
    }
}

/// Runs system calls and says during what they failed.
func during<R: ~Copyable>(_ what: @autoclosure () -> String, _ body: () throws(SystemError) -> R) throws(RunnerError)
    -> R
{
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(error, during: what())
    }
}
