import Addressing
import CLinux
import Foundation
import LinuxSystem
import Nftables
import Testing

@testable import PluginFirewall

/// What `hawser net restore` and `hawser net gc` do, in a network namespace of the test's own.
@Suite(.enabled(if: geteuid() == 0, "needs root: it makes a network namespace")) struct RestoreTests {
    private static let owner = Owner(network: "net", containerID: "c1", interface: "eth0")
    private static let container = ["10.1.0.5/16", "fd00::5/64"].compactMap { IPNetwork($0) }

    /// Runs on a thread that makes a namespace for itself and then ends, and with it the namespace.
    private func inNamespace(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread {
                continuation.resume(
                    with: Result {
                        guard unshare(CLONE_NEWNET) == 0 else { throw SystemError("unshare", "", .notPermitted) }
                        try body()
                    })
            }.start()
        }
    }

    private static func publication(_ words: [String]) throws -> PortPublication {
        PortPublication(
            [
                PublishedPort(.tcp, hostAddress: nil, hostPort: 8080, containerPort: 80),
                PublishedPort(.tcp, hostAddress: IPAddress("192.0.2.1"), hostPort: 8081, containerPort: 80),
                PublishedPort(.tcp, hostAddress: nil, hostPort: 9000, containerPort: 9000, count: 10),
            ], containers: container, sourceTranslation: .own,
            conditions: try PortConditions(network: "net", ipv4: words, ipv6: []))
    }

    @Test("after a flush the elements of a record are there again", arguments: [[], ["-i", "eth0"]] as [[String]])
    func restore(words: [String]) async throws {
        try await inNamespace {
            let publication = try Self.publication(words)
            let elements = publication.elements + Masquerade.elements(for: Self.container)
            let recorded = RecordedRules(elements, conditions: publication.conditions)
            var firewall = try Firewall.open(claims: .counted)
            try firewall.publish(publication, owner: Self.owner)
            try firewall.add(Masquerade.elements(for: Self.container), owner: Self.owner)
            #expect(try firewall.missing(elements, owner: Self.owner).isEmpty)
            var flush = Transaction()
            flush.append(.deleteTable(Layout.table))
            try firewall.socket.commit(flush)
            #expect(try firewall.missing(elements, owner: Self.owner).count == elements.count)
            // Twice: what is there already is no error, and no claim is counted twice.
            for _ in 1...2 { try firewall.restore(recorded, owner: Self.owner) }
            #expect(try firewall.missing(elements, owner: Self.owner).isEmpty)
            try firewall.remove(elements, owner: Self.owner)
            let removed = try firewall.removeUnused()
            #expect(removed.contains("table inet hawser"), "\(removed)")
        }
    }

    @Test("what is in use stays, and an owner's removal takes nothing of another's") func inUse() async throws {
        try await inNamespace {
            let other = Owner(network: "net", containerID: "c2", interface: "eth0")
            let elements = Masquerade.elements(for: Self.container)
            var firewall = try Firewall.open(claims: .counted)
            try firewall.add(elements, owner: Self.owner)
            try firewall.remove(elements, owner: other)
            #expect(try firewall.removeUnused() == [])
            #expect(try firewall.missing(elements, owner: Self.owner).isEmpty)
            try firewall.collectGarbage(in: firewall.masqueradeSets(), network: "net", keeping: [Self.owner])
            #expect(try firewall.missing(elements, owner: Self.owner).isEmpty)
            // An address has a new owner: the old one's element had outlived it.
            try firewall.add(elements, owner: other)
            #expect(try firewall.missing(elements, owner: other).isEmpty)
            try firewall.collectGarbage(in: firewall.masqueradeSets(), network: "net", keeping: [])
            #expect(try firewall.removeUnused().contains("table inet hawser"))
        }
    }

    @Test("the policy of a network's bridges goes when the network has no attachment, and not before") func policies()
        async throws
    {
        try await inNamespace {
            let permission = ForwardPermission(
                addresses: Self.container.map { $0.address }, policy: .sameBridge, bridge: "br0", port: "veth0")
            var firewall = try Firewall.open()
            try firewall.permit(permission, adminChain: nil, owner: Self.owner)
            try firewall.removeShared(network: "net")
            #expect(try firewall.missingShared(permission).isEmpty)
            _ = try firewall.removeAll(in: ForwardPermission.sets, owner: Self.owner)
            try firewall.removeShared(network: "other")
            #expect(try firewall.missingShared(permission).isEmpty)
            try firewall.removeShared(network: "net")
            #expect(try firewall.missingShared(permission).count == 2)
            #expect(try firewall.removeUnused().contains("table inet hawser"))
        }
    }

    @Test("4,096 ports of one attachment are one transaction") func manyPorts() async throws {
        try await inNamespace {
            let port = PublishedPort(.tcp, hostAddress: nil, hostPort: 20000, containerPort: 1, count: 4096)
            let publication = PortPublication(
                [port], containers: [Self.container[0]], sourceTranslation: .none, conditions: nil)
            var firewall = try Firewall.open(claims: .counted)
            try firewall.publish(publication, owner: Self.owner)
            #expect(try firewall.missing(publication.elements, owner: Self.owner).isEmpty)
            try firewall.remove(publication.elements, owner: Self.owner)
            #expect(try firewall.missing(publication.elements, owner: Self.owner).count == 4096)
        }
    }
}
