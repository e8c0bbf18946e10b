import CNI
import CNIRuntime
import Foundation
import JSON

/// A directory with plugins that write down how they were executed, and a runtime that uses them.
final class FakePlugins {
    let directory: String
    let settings: RuntimeSettings
    var runtime: NetworkRuntime { NetworkRuntime(settings) }

    private static let script = #"""
        #!/bin/sh
        me=${0##*/}
        echo "$me $CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $CNI_NETNS $CNI_ARGS" >> "$TRACE/log"
        cat > "$TRACE/$me.$CNI_COMMAND"
        if grep -qx "$me $CNI_COMMAND" "$TRACE/failures"; then
            echo '{"code":11,"msg":"told to fail"}'
            exit 1
        fi
        [ "$CNI_COMMAND" != ADD ] || echo '{"cniVersion":"1.0.0","interfaces":[{"name":"'"$me"'"}],"extra":1}'
        """#

    init(_ names: [String] = ["first", "second", "third"]) throws {
        directory = NSTemporaryDirectory() + "/hawser-runtime-\(UUID().uuidString)"
        for folder in ["bin", "trace", "net.d"] {
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(folder)", withIntermediateDirectories: true)
        }
        for name in names {
            try Self.script.write(toFile: "\(directory)/bin/\(name)", atomically: false, encoding: .utf8)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o755], ofItemAtPath: "\(directory)/bin/\(name)")
        }
        settings = RuntimeSettings(
            pluginPath: ["/nonexistent", "\(directory)/bin"], configurationDirectory: "\(directory)/net.d",
            cacheDirectory: "\(directory)/cache", lockDirectory: "\(directory)/locks",
            environment: ["PATH=/usr/bin:/bin", "TRACE=\(directory)/trace", "CNI_ARGS=WRONG=1", "CNI_IFNAME=wrong"])
        try fail([])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// From now on these requests fail, each as "second DEL".
    func fail(_ requests: [String]) throws {
        let text = requests.map { $0 + "\n" }.joined()
        try text.write(toFile: "\(directory)/trace/failures", atomically: false, encoding: .utf8)
    }

    /// The requests so far, each as "first ADD", and forgets them.
    func takeLog() throws -> [String] {
        let path = "\(directory)/trace/log"
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        defer { try? FileManager.default.removeItem(atPath: path) }
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: " ").prefix(2).joined(separator: " ")
        }
    }

    /// The last request's whole line in the log.
    func lastLine() throws -> String {
        let log = try String(contentsOfFile: "\(directory)/trace/log", encoding: .utf8)
        return log.split(separator: "\n").last.map(String.init) ?? ""
    }

    /// The configuration that a plugin was last given for a verb.
    func input(_ plugin: String, _ verb: String) throws -> String {
        try String(contentsOfFile: "\(directory)/trace/\(plugin).\(verb)", encoding: .utf8)
    }

    func write(_ text: String, to name: String) throws {
        let path = "\(directory)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    func list(_ text: String) throws -> NetworkList {
        let value = try JSONValue.parse(text)
        return try NetworkList(value.object ?? JSONObject())
    }

    var cacheFiles: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/cache/results").sorted()) ?? []
    }
}
