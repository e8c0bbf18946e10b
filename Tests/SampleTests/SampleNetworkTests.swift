import Foundation
import TestSupport
import Testing

/// The files in conf/: each is a network list that our plugins attach, check and detach.
@Suite(.needsKernel, .needsPlugins) struct SampleNetworkTests {
    static let directory = "\(PluginDirectory.repository)/conf"
    static let files =
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()

    @Test("a sample network attaches a container, is ready and valid, and leaves what it found", arguments: files)
    func lifeOfAnAttachment(_ file: String) throws {
        let list = try Document(parsing: String(contentsOfFile: "\(Self.directory)/\(file)", encoding: .utf8))
        #expect(file.hasSuffix("-\(list["name"].string ?? "").conflist"))
        try withTestHost { host in
            let chain = Chain(list, on: host)
            let container = try host.makeContainer("c1")
            var attachment = CNIAttachment(container)
            if list["name"] == "host" { attachment.namespace = "" }
            let port: Document = ["hostPort": 2333, "containerPort": 22, "protocol": "tcp"]
            attachment.capabilityArguments["portMappings"] = [port]

            let name = list["name"].string ?? ""
            let result = try chain.add(attachment)
            try chain.check(attachment, previous: result)
            if name == "bridge" { #expect(try host.shell("nft list table inet hawser").contains("tcp . 2333")) }
            try chain.delete(attachment, previous: result)

            #expect(try !host.run("ip", "-brief", "link", in: container).contains("eth0"))
            #expect(try !host.shell("nft list ruleset").contains("\"\(name)/c1/"))
            // What stays is "lock" and "last_reserved_ip.0".
            let reserved = host.list("/var/lib/cni/networks/\(name)").filter { !$0.hasPrefix("l") }
            #expect(reserved == [])
        }
    }
}
