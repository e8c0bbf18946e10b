import TestSupport
import Testing

/// Every netlink request of every ADD fails once, in the shipped binaries.
@Suite(.needsKernel, .needsPlugins) struct RefusalSweepTests {
    /// Below this the sweep did not see what it is for.
    private static let fewest = 20

    @Test("when any netlink request of an ADD is refused, everything is as before and the address is free")
    func everyRequest() throws {
        try withTestHost { host in
            let list = Networks.bridge(
                subnet6: "fd00:88::/64", ports: true,
                more: [
                    ["type": "firewall"],
                    ["type": "tuning", "mtu": 1400, "sysctl": ["net.ipv4.conf.IFNAME.arp_filter": "1"]],
                ])
            let chain = Chain(list, on: host)
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(
                container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            // The first ADD makes the shared objects of docs/state-on-disk.md.
            try chain.delete(attachment, previous: chain.add(attachment))

            var injections = 0
            var previous: Document?
            for plugin in chain.plugins {
                injections += try sweep(chain, plugin, attachment, container, previous: previous)
                previous = try chain.invocation(.add, plugin, attachment, previous: previous).run().result()
            }
            #expect(injections >= Self.fewest, "only \(injections) injections")
        }
    }

    // Refuses request 1, 2, … of one plugin's ADD until an ADD makes fewer; returns how many were refused.
    private func sweep(
        _ chain: Chain, _ plugin: Document, _ attachment: CNIAttachment, _ container: Container, previous: Document?
    ) throws -> Int {
        let name = plugin["type"].string ?? ""
        let before = try chain.host.snapshot(container)
        let invocation = chain.invocation(.add, plugin, attachment, previous: previous)
        for position in 1...500 {
            let (outcome, trace) = try invocation.run(with: .refuseRequest(position))
            if outcome.succeeded {
                // Either no request was refused, or one that is allowed to be: then the attachment must be whole.
                let result = try outcome.result()
                let check = try chain.invocation(.check, plugin, attachment, previous: result).run()
                #expect(check.succeeded, "\(name), request \(position): ADD went on, but CHECK says \(check)")
                let deletion = try chain.invocation(.delete, plugin, attachment, previous: result).run()
                #expect(deletion.succeeded, "\(name), request \(position): \(deletion)")
            } else {
                let error = try outcome.error()
                #expect(error.code >= 100 || error.code == 11, "\(name), request \(position): \(error)")
            }
            let left = try chain.host.snapshot(container).changes(since: before) {
                // A setting stays after ADD and DEL, as with the reference; a failed ADD takes it back.
                outcome.succeeded && $0.contains("arp_filter")
            }
            #expect(left == [], "\(name), request \(position) refused: \(outcome)")
            if !trace.injected { return position - 1 }
        }
        throw TestFailure("\(name): the sweep did not end")
    }
}
