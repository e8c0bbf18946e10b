import Addressing
import Testing

@testable import PluginFirewall

/// Which elements a published port becomes, and which ports exclude each other.
@Suite struct PublishedPortTests {
    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
    private func network(_ text: String) throws -> IPNetwork { try #require(IPNetwork(text)) }

    @Test("a port is one element, an equal range one interval, any other range one element for each port")
    func elements() throws {
        let container = try address("10.1.0.5")
        func texts(_ port: PublishedPort) -> [String] {
            port.elements(to: container, condition: "").map { $0.text }
        }
        #expect(
            texts(PublishedPort(.tcp, hostAddress: nil, hostPort: 8080, containerPort: 80))
                == ["ports_v4 tcp/8080 10.1.0.5/80"])
        #expect(
            texts(PublishedPort(.udp, hostAddress: try address("0.0.0.0"), hostPort: 53, containerPort: 53))
                == ["ports_v4 udp/53 10.1.0.5/53"])
        #expect(
            texts(PublishedPort(.tcp, hostAddress: try address("192.0.2.1"), hostPort: 80, containerPort: 80))
                == ["hostip_v4 192.0.2.1/tcp/80 10.1.0.5/80"])
        #expect(
            texts(PublishedPort(.tcp, hostAddress: nil, hostPort: 9000, containerPort: 9000, count: 101))
                == ["ranges_v4 tcp/9000 tcp/9100 10.1.0.5"])
        #expect(
            texts(PublishedPort(.tcp, hostAddress: nil, hostPort: 9000, containerPort: 8000, count: 2))
                == ["ports_v4 tcp/9000 10.1.0.5/8000", "ports_v4 tcp/9001 10.1.0.5/8001"])
        #expect(
            texts(
                PublishedPort(
                    .tcp, hostAddress: try address("127.0.0.1"), hostPort: 65534, containerPort: 65534, count: 2))
                == ["hostip_v4 127.0.0.1/tcp/65534 10.1.0.5/65534", "hostip_v4 127.0.0.1/tcp/65535 10.1.0.5/65535"])
    }

    @Test("each family has what concerns it, and the source translation that was asked for")
    func publication() throws {
        let ports = [
            PublishedPort(.tcp, hostAddress: nil, hostPort: 80, containerPort: 80),
            PublishedPort(.tcp, hostAddress: try address("::"), hostPort: 81, containerPort: 80),
        ]
        let containers = [try network("10.1.0.5/16"), try network("fd00::5/64")]
        func texts(_ translation: PortPublication.SourceTranslation) -> [String] {
            PortPublication(ports, containers: containers, sourceTranslation: translation, conditions: nil)
                .elements.map { $0.text }
        }
        let translated = [
            "ports_v4 tcp/80 10.1.0.5/80", "ports_v6 tcp/80 fd00::5/80", "ports_v6 tcp/81 fd00::5/80",
        ]
        #expect(texts(.none) == translated)
        #expect(
            texts(.own) == [
                "hairpin-10.1.0.0/16 10.1.0.5", translated[0], "hairpin-fd00--/64 fd00::5",
                translated[1], translated[2],
            ])
        #expect(
            texts(.all).filter { $0.hasPrefix("hairpin") } == ["hairpin-0.0.0.0/0 10.1.0.5", "hairpin---/0 fd00::5"])
    }

    @Test(
        "ports of one request exclude each other where some packet could mean both",
        arguments: [
            ("", 80, 1, "", 80, 1, true), ("", 80, 1, "", 81, 1, false), ("", 80, 10, "", 89, 1, true),
            ("", 80, 10, "", 90, 1, false), ("192.0.2.1", 80, 1, "", 80, 1, true),
            ("192.0.2.1", 80, 1, "192.0.2.2", 80, 1, false), ("192.0.2.1", 80, 1, "0.0.0.0", 80, 1, true),
            ("192.0.2.1", 80, 1, "::", 80, 1, false), ("0.0.0.0", 80, 1, "::", 80, 1, false),
        ])
    func overlap(
        host: String, port: UInt16, count: Int, otherHost: String, otherPort: UInt16, otherCount: Int, expected: Bool
    ) {
        let one = PublishedPort(
            .tcp, hostAddress: IPAddress(host), hostPort: port, containerPort: 1, count: count)
        let other = PublishedPort(
            .tcp, hostAddress: IPAddress(otherHost), hostPort: otherPort, containerPort: 1, count: otherCount)
        #expect(one.overlaps(other) == expected)
        #expect(other.overlaps(one) == expected)
        let udp = PublishedPort(
            .udp, hostAddress: IPAddress(otherHost), hostPort: otherPort, containerPort: 1, count: otherCount)
        #expect(!one.overlaps(udp))
    }
}
