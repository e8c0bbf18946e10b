import TestSupport
import Testing

/// SIGKILL at every system call of every ADD, in the shipped binaries.
@Suite(.needsKernel, .needsPlugins) struct KillSweepTests {
    /// What takes away the leavings of a killed ADD.
    enum Remedy: String, CaseIterable, CustomTestStringConvertible {
        case delete = "DEL"
        case collectGarbage = "GC"
        var testDescription: String { rawValue }
    }

    private static let list = Networks.bridge(
        subnet6: "fd00:88::/64", version: "1.1.0", ports: true,
        more: [["type": "firewall"], ["type": "tuning", "mtu": 1400]])

    @Test(
        "when an ADD is killed at any system call, DEL or GC leaves nothing",
        arguments: Remedy.allCases, [0, 1, 2, 3])
    func everyCall(remedy: Remedy, index: Int) throws {
        try withTestHost { host in
            let chain = Chain(Self.list, on: host)
            let container = try host.makeContainer("c")
            let attachment = CNIAttachment(container, capabilityArguments: Networks.mapping(host: 8080, container: 80))
            try chain.delete(attachment, previous: chain.add(attachment))
            let before = try host.snapshot(container)

            var kills = 0
            for position in 1...5000 {
                var previous: Document?
                for plugin in chain.plugins.prefix(index) {
                    previous = try chain.invocation(.add, plugin, attachment, previous: previous).run().result()
                }
                let (outcome, trace) = try chain.invocation(
                    .add, chain.plugins[index], attachment, previous: previous
                ).run(with: .killAtCall(position))
                switch remedy {
                case .delete: try chain.delete(attachment)
                case .collectGarbage: try chain.collectGarbage(keeping: [])
                }
                let left = try host.snapshot(container).changes(since: before)
                try #require(left == [], "killed at system call \(position) of \(trace.calls)")
                guard trace.injected else {
                    #expect(outcome.succeeded, "\(outcome)")
                    break
                }
                kills += 1
            }
            #expect(kills >= 20, "only \(kills) kills")
        }
    }
}
