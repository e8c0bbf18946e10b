/// One `--mount` option, in docker's notation: type=bind|tmpfs,source=…,target=…,….
public enum MountOption: Hashable, Sendable {
    /// A part of the host.
    case bind(VolumeMount)
    /// A file system in memory.
    case memory(TmpfsMount)

    /// Reads a comma separated list of KEY=VALUE; a source that begins with a dot counts from `directory`.
    public init(_ text: String, relativeTo directory: String) throws(RunnerError) {
        func refused(_ expected: String) -> RunnerError { .invalid(option: "--mount", value: text, expected: expected) }
        var kind = "volume"
        var source = ""
        var target = ""
        var options: [String] = []
        for word in text.split(separator: ",").map(String.init) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            switch (parts[0], parts.count == 2 ? parts[1] : nil) {
            case ("type", let value?): kind = value
            case ("source", let value?), ("src", let value?): source = value
            case ("target", let value?), ("dst", let value?), ("destination", let value?): target = value
            case ("readonly", let value), ("ro", let value):
                if value == nil || value == "true" || value == "1" { options.append("ro") }
            case ("bind-propagation", let value?): options.append(value)
            case ("tmpfs-size", let value?): options.append("size=" + value)
            case ("tmpfs-mode", let value?): options.append("mode=" + value)
            case ("bind-recursive", "enabled"?), ("bind-recursive", "writable"?): break
            default:
                throw refused(
                    "a mount whose keys are type, source, target, readonly, bind-propagation, tmpfs-size "
                        + "or tmpfs-mode; \"\(parts[0])\" is none of them")
            }
        }
        switch kind {
        case "bind":
            guard !source.isEmpty, !target.isEmpty else { throw refused("a bind mount with source= and target=") }
            self = .bind(
                try VolumeMount(
                    source: source, target: target, options: options.isEmpty ? "rw" : options.joined(separator: ","),
                    option: "--mount", text: text, relativeTo: directory))
        case "tmpfs":
            guard source.isEmpty, !target.isEmpty else { throw refused("a tmpfs with target= and no source=") }
            self = .memory(
                try TmpfsMount(
                    target: target, options: options.joined(separator: ","), option: "--mount", text: text))
        default: throw refused("a mount with type=bind or type=tmpfs: named volumes do not exist here")
        }
    }
}
