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
}
