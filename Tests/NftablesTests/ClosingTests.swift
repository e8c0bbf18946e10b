import Foundation
import LinuxSystem
import Testing

@testable import Nftables

@Suite("Closing after a removal", .enabled(if: kernelTestsAreEnabled))
struct ClosingTests {
    @Test("a child holds the socket alone, and ends with the one who left it")
    func child() throws {
        let child = try inPrivateNamespace {
            var socket = try NftablesSocket.open()
            try socket.commit(Example.transaction)
            let waits = socket.closingWaits
            #expect(!waits)
            try socket.leaveClosingToChild()
            #expect(try String(contentsOfFile: "/proc/thread-self/children", encoding: .utf8).isEmpty)
            var transaction = Transaction()
            transaction.append(.deleteTable(Example.table))
            try socket.commit(transaction)
            try socket.leaveClosingToChild()
            let children = try String(contentsOfFile: "/proc/thread-self/children", encoding: .utf8)
            let child = try #require(pid_t(children.split(separator: " ").first ?? ""))
            let deadline = Date(timeIntervalSinceNow: 10)
            var held: [String] = []
            // It closes the others as its first act.
            repeat {
                held = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child)/fd")
            } while held.count != 1 && Date() < deadline
            let number = try #require(held.first)
            #expect(held.count == 1)
            #expect(readlink("/proc/\(child)/fd/\(number)").hasPrefix("socket:"))
            return child
        }
        var status: CInt = 0
        #expect(unsafe waitpid(child, &status, 0) == child)
        #expect(status & 0x7F == SIGKILL)
    }

    private func readlink(_ path: String) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) ?? ""
    }
}
