import TestSupport
import Testing

/// The plugin directory is exchanged while containers run.
@Suite(.needsKernel, .needsPlugins, .needsReferencePlugins) struct SwapTests {
    private static let lists: [Document] = [
        Networks.bridge("plain"), Networks.bridge("dual", subnet6: "fd00:88::/64"),
        Networks.bridge("ports", ports: true),
        Networks.podman(),
    ]

    @Test("what the reference attached, ours checks and removes, rules included", arguments: lists, [true, false])
    func referenceToOurs(list: Document, keepsResult: Bool) throws {
        try withTestHost { host in
            let (attachment, container) = try attach(host)
            let clean = try host.snapshot(container)
            let result = try Chain(list, from: .reference, on: host).add(attachment)
            let ours = Chain(list, on: host)
            try ours.check(attachment, previous: result)
            try ours.delete(attachment, previous: keepsResult ? result : nil)
            let left = try host.snapshot(container).changes(since: clean).filter { !isShared($0) }
            #expect(left == [])
        }
    }

    @Test("what ours attached, the reference removes, and GC takes our rules", arguments: lists)
    func oursToReference(list: Document) throws {
        try withTestHost { host in
            let (attachment, container) = try attach(host)
            let ours = Chain(list, on: host)
            try ours.delete(attachment, previous: ours.add(attachment))
            let before = try host.snapshot(container)
            let result = try ours.add(attachment)
            let reference = Chain(list, from: .reference, on: host)
            // The reference's portmap and firewall look for iptables rules; its bridge finds what ours made.
            let check = try reference.invocation(.check, list["plugins"][0], attachment, previous: result).run()
            #expect(check.succeeded, "\(check)")
            try delete(attachment, result, by: reference)
            let addresses = host.list("/var/lib/cni/networks/\(list["name"].string ?? "")").filter {
                $0.first?.isNumber == true
            }
            #expect(addresses == [])

            var collector = ours
            collector.list["cniVersion"] = "1.1.0"
            try collector.collectGarbage(keeping: [])
            let left = try host.snapshot(container).changes(since: before).filter { !isShared($0) }
            #expect(left == [])
        }
    }

    @Test(
        "an address that one suite handed out is free for both once the other has released it",
        arguments: [(PluginDirectory.underTest, PluginDirectory.reference), (.reference, .underTest)])
    func addressIsFree(first: PluginDirectory, second: PluginDirectory) throws {
        try withTestHost { host in
            // Beside the gateway's there is one address.
            let list = Networks.bridge("tiny", subnet: "10.88.0.0/30")
            let giver = Chain(list, from: first, on: host)
            let taker = Chain(list, from: second, on: host)
            let attachment = CNIAttachment(try host.makeContainer("one"))
            let others = try ["two", "three", "four"].map { CNIAttachment(try host.makeContainer($0)) }
            // The reference leaves its link in a container whose ADD failed.
            let refused = try ["five", "six"].map { CNIAttachment(try host.makeContainer($0)) }
            func address(_ result: Document) -> String? { result["ips"][0]["address"].string }

            let result = try giver.add(attachment)
            #expect(address(result) == "10.88.0.2/30")
            for (chain, late) in zip([giver, taker], refused) {
                let outcome = try chain.invocation(.add, chain.plugins[0], late).run()
                #expect(!outcome.succeeded, "the only address was handed out twice: \(outcome)")
            }
            try delete(attachment, result, by: taker)
            for (chain, next) in zip([giver, taker, giver], others) {
                let result = try chain.add(next)
                #expect(address(result) == "10.88.0.2/30")
                try chain.delete(next, previous: result)
            }
        }
    }

    // Where the reference finds no iptables chain of its own it fails, with link and address gone; a runtime tries again.
    private func delete(_ attachment: CNIAttachment, _ result: Document, by chain: Chain) throws {
        do { try chain.delete(attachment, previous: result) } catch {
            guard chain.directory == .reference else { throw error }
            try chain.delete(attachment, previous: result)
        }
    }

    private func attach(_ host: TestHost) throws -> (CNIAttachment, Container) {
        let container = try host.makeContainer("swapped")
        return (CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80)), container)
    }

    // What the reference itself leaves after its own DEL: the bridge, its address, forwarding, iptables' own chains and
    // the shared ones. Nothing of these names a container.
    private func isShared(_ line: String) -> Bool {
        guard !line.contains("swapped"), !line.contains("10.88.0.2") else { return false }
        let shared = [
            "br0", "cni-podman0", "ip_forward", "forwarding", "route_localnet", "accept_redirects", "last_reserved_ip",
            "var/lib/hawser/ipam/", "ports.lock",
            "/lock ",
            "\"table\":", "\"hawser\"",
        ]
        return shared.contains { line.contains($0) } && !line.contains("CNI-DN-")
    }
}
