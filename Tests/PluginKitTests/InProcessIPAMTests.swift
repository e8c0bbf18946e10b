import CNI
import Foundation
import PluginKit
import Testing

@Suite struct InProcessIPAMTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hawser-ipam-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    func configuration(_ type: String) throws -> NetworkConfiguration {
        let text = "{\"cniVersion\":\"1.1.0\",\"name\":\"net\",\"type\":\"bridge\",\"ipam\":{\"type\":\"\(type)\"}}"
        return try NetworkConfiguration(Array(text.utf8), for: .delete)
    }

    func resolve(_ type: String, path: String) throws -> InProcessIPAM {
        defer { try? FileManager.default.removeItem(at: folder) }
        return try InProcessIPAM.resolve(try configuration(type), in: PluginContext(environment: ["CNI_PATH=\(path)"]))
    }

    func install(_ name: String) throws {
        let file = folder.appending(path: name)
        try Data("#!/bin/sh\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path())
    }

    /// Where the running program lies; the build puts the plugins there too.
    static let own = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path()

    @Test("what lies beside the running program is ours", arguments: ["host-local", "static"])
    func own(_ type: String) throws {
        let resolved = try resolve(type, path: "/nowhere:\(Self.own)")
        switch (type, resolved) {
        case ("host-local", .hostLocal), ("static", .fixed): break
        default: Issue.record("\(type) is \(resolved)")
        }
    }

    @Test(
        "the first of its name on CNI_PATH decides, and one that lies elsewhere is executed",
        arguments: ["host-local", "dhcp"])
    func foreign(_ type: String) throws {
        try install(type)
        let resolved = try resolve(type, path: "\(folder.path()):\(Self.own)")
        guard case .executed(let delegate) = resolved else {
            Issue.record("\(type) is \(resolved)")
            return
        }
        #expect(delegate.path.hasPrefix(folder.path()))
    }

    @Test(
        "a type that is no name, or names nothing, is a configuration error",
        arguments: ["", "../host-local", "nothing-like-it"])
    func missing(_ type: String) throws {
        let error = #expect(throws: CNIError.self) { try resolve(type, path: Self.own) }
        #expect(error?.code == 7)
        #expect(error?.message.contains("ipam.type") == true)
    }
}
