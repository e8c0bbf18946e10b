import JSON
import OCIRuntime
import TestSupport
import Testing

/// A host of its own with the runtime under test and a root directory for its bundles.
struct BundleHost {
    let host: TestHost
    static let state = "/run/oci/state"
    static let root = "/run/oci/root"

    /// Makes a host and lends it; nothing of a container may be left at its end.
    static func with(_ body: (BundleHost) throws -> Void) throws {
        try withTestHost(processes: true) { host in
            try RootDirectory.make(on: host, at: root)
            let bundles = BundleHost(host: host)
            try body(bundles)
            try bundles.expectNothingLeft()
        }
    }

    /// Groups are the machine's, not the host's: a name that no other test has.
    private var groups: String { "hawser-oci-test-\(host.root.filter { $0.isNumber })" }

    /// Writes a bundle whose config.json is the template's with members put in; returns its directory.
    @discardableResult
    func bundle(_ name: String, _ command: [String], _ members: [(String, String)] = []) throws -> String {
        var document = SpecificationTemplate.document
        let words = JSONValue.array(command.map { .string($0) }).text()
        let own: [(String, String)] = [
            ("process.args", words), ("process.terminal", "false"), ("root.path", "\"\(Self.root)\""),
            ("linux.cgroupsPath", "\"/\(groups)/\(name)\""),
        ]
        for (path, text) in own + members {
            document = try put(JSONValue.parse(text), at: path.split(separator: ".").map(String.init), in: document)
        }
        try host.write(document.text(), to: "/run/oci/\(name)/config.json")
        return "/run/oci/\(name)"
    }

    func command(_ arguments: [String]) -> Command {
        host.command(OCIRuntimeExecutable.path, ["--root", Self.state] + arguments)
    }

    /// Runs the runtime to its end.
    @discardableResult
    func oci(_ arguments: String..., expecting status: Int32 = 0) throws -> Finished {
        let finished = try command(arguments).run()
        try #require(finished.ending == .exited(status), "\(finished)")
        return finished
    }

    /// Runs a command in a new container, and returns what it printed.
    @discardableResult
    func run(_ script: String, _ members: [(String, String)] = [], expecting status: Int32 = 0) throws -> String {
        let bundle = try bundle("once", ["sh", "-c", script], members)
        return try oci("run", "--bundle", bundle, "once", expecting: status).text
    }

    /// A member of what `state` prints.
    func state(_ id: String, _ member: String = "status") throws -> JSONValue? {
        try JSONValue.parse(oci("state", id).text).object?[member]
    }

    /// Asks until the answer is yes; fails after 20 seconds.
    func wait(for what: String, _ isThere: () throws -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        while !(try isThere()) { try #require(ContinuousClock.now < end, "waited in vain: \(what)") }
    }

    func expectNothingLeft() throws {
        #expect(host.list(Self.state) == [])
        #expect(try host.shell("find /sys/fs/cgroup -maxdepth 2 -name '\(groups)'") == "")
    }
}

/// A document with one member replaced.
func put(_ value: JSONValue, at path: [String], in holder: JSONValue) -> JSONValue {
    guard let key = path.first else { return value }
    var object = holder.object ?? JSONObject()
    object[key] = put(value, at: Array(path.dropFirst()), in: object[key] ?? .null)
    return .object(object)
}
