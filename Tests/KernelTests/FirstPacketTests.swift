import TestSupport
import Testing

/// What an ADD has answered can be used at once.
@Suite(.needsKernel, .needsPlugins) struct FirstPacketTests {
    @Test("when ADD answers, the port on the host passes frames on")
    func portIsOperational() throws {
        try withTestHost { host in
            let chain = Chain(Networks.bridge(), on: host)
            var states: Set<String> = []
            // Without waiting for it, about every fourth was not.
            for number in 0..<40 {
                let attachment = CNIAttachment(try host.makeContainer("c\(number)"))
                let result = try chain.add(attachment)
                // Read from sysfs: a question by netlink makes the kernel finish what it has to do.
                let port = try #require(result["interfaces"][1]["name"].string)
                states.insert(host.read("/sys/class/net/\(port)/operstate") ?? "none")
                try chain.delete(attachment, previous: result)
            }
            #expect(states == ["up\n"])
        }
    }

    @Test("a container's port on the host has no IPv6, and IPv6 passes the bridge at once")
    func portHasNoIPv6() throws {
        try withTestHost { host in
            let chain = Chain(Networks.bridge(subnet6: "fd00:88::/64"), on: host)
            let asker = try host.makeContainer("asker")
            let answerer = try host.makeContainer("answerer")
            try chain.add(CNIAttachment(asker))
            let result = try chain.add(CNIAttachment(answerer))
            let port = try #require(result["interfaces"][1]["name"].string)
            #expect(try host.run("ip", "-6", "address", "show", "dev", port) == "")
            let addresses = result["ips"].elements.compactMap { $0["address"].string }
            let withPrefix = addresses.filter { $0.contains(":") }
            let address = try #require(withPrefix.first?.split(separator: "/").first)
            try host.run("ping", "-6", "-c", "1", "-W", "2", String(address), in: asker)
        }
    }
}
