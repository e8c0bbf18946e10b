public import LinuxSystem

/// Why an OCI command is refused or has failed.
public enum OCIError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A member of a configuration file is missing or wrong; `key` is as "process.user.uid".
    case configuration(file: String, key: String, problem: String)
    /// The command line is wrong.
    case usage(String)
    /// The container does not exist, exists already, or its state forbids what is asked.
    case refused(String)
    /// The command could not be executed: the sentence that podman and containerd look for.
    case command(String)
    /// A call to the kernel failed while doing what `action` says.
    case failed(action: String, SystemError)

    /// One sentence without its end.
    public var description: String {
        switch self {
        case .configuration(let file, let key, let problem):
            key.isEmpty ? "\(file): \(problem)" : "\(file): \(key): \(problem)"
        case .usage(let text), .refused(let text), .command(let text): text
        case .failed(let action, let error): action.isEmpty ? error.description : "\(action): \(error)"
        }
    }
}

/// Runs calls to the kernel and says of a failure what was being done.
@inline(never)
func attempting<R: ~Copyable>(_ action: String, _ body: () throws(SystemError) -> R) throws(OCIError) -> R {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .failed(action: action, error)
    }
}
