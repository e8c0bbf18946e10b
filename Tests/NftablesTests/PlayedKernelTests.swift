import CLinuxABI
import LinuxSystem
import Testing

@testable import Nftables

@Suite("A kernel that is played")
struct PlayedKernelTests {
    @Test("only the last command asks for an acknowledgement, and it ends the reading")
    func acknowledgements() throws {
        var socket = NftablesConnection(
            PlayedKernel { requests in
                let asking = requests.indices.filter { requests[$0].flags & UInt16(NLM_F_ACK) != 0 }
                #expect(asking == [requests.count - 2])
                #expect(requests.first?.type == UInt16(NFNL_MSG_BATCH_BEGIN))
                #expect(requests.last?.type == UInt16(NFNL_MSG_BATCH_END))
                return [PlayedKernel.acknowledgement(requests[requests.count - 2], nil)]
            })
        #expect(try socket.attempt(Example.transaction) == [])
    }

    @Test("a refused opening is the transaction's error, and nothing more is read")
    func refusedOpening() throws {
        var socket = NftablesConnection(
            PlayedKernel { [PlayedKernel.acknowledgement($0[0], .notPermitted)] })
        let error = #expect(throws: SystemError.self) { try socket.commit(Example.transaction) }
        #expect(error?.errno == .notPermitted)
        #expect(error?.operation == "NFNL_MSG_BATCH_BEGIN")
        #expect(error?.subject.contains("add table inet example") == true)
    }

    @Test("refusals are named by command, whichever of its messages was refused, and once each")
    func refusals() throws {
        let elements = (1...200).map { Element([.transport(.tcp), .port(UInt16($0))], value: .data([.mark(1)])) }
        var transaction = Transaction()
        transaction.add(Example.table)
        transaction.add(elements, to: Example.claims)
        transaction.add(Example.claims)
        var socket = NftablesConnection(
            PlayedKernel { requests in
                // The opening, the table, four messages of elements, the set, the end.
                #expect(requests.count == 8)
                return [
                    PlayedKernel.acknowledgement(requests[3], .exists),
                    PlayedKernel.acknowledgement(requests[4], .exists)
                        + PlayedKernel.acknowledgement(requests[6], .busy),
                ]
            })
        let refused = try socket.attempt(transaction)
        #expect(refused.map(\.index) == [1, 2])
        #expect(refused.map(\.error.errno) == [.exists, .busy])
    }

    @Test("lost answers are an error, not a success")
    func overrun() {
        var socket = NftablesConnection(PlayedKernel { _ in [] })
        let error = #expect(throws: SystemError.self) { try socket.commit(Example.transaction) }
        #expect(error?.errno == .noBuffers)
    }

    @Test("a transaction without commands is not sent")
    func empty() throws {
        var socket = NftablesConnection(
            PlayedKernel { _ in
                Issue.record("something was sent")
                return []
            })
        try socket.commit(Transaction())
    }

    @Test("tolerating ends although the kernel refuses every command, every time")
    func endless() throws {
        var socket = NftablesConnection(
            PlayedKernel { requests in
                requests.dropFirst().dropLast().map { PlayedKernel.acknowledgement($0, .busy) }
            })
        let transaction = Example.transaction
        #expect(try socket.commit(transaction, tolerating: [.busy]).count == transaction.commands.count)
    }

    @Test("an answer without a generation is an error")
    func generation() {
        var socket = NftablesConnection(
            PlayedKernel { requests in
                let type = UInt16(NFNL_SUBSYS_NFTABLES) << 8 | UInt16(NFT_MSG_NEWGEN.rawValue)
                return [
                    PlayedKernel.message(type, requests[0].sequence, [0, 0, 0, 0])
                        + PlayedKernel.acknowledgement(requests[0], nil)
                ]
            })
        let error = #expect(throws: SystemError.self) { try socket.generation() }
        #expect(error?.errno == .protocolError)
    }
}
