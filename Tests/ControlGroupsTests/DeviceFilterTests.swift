import Testing

@testable import ControlGroups

/// The device programs, run by a small interpreter of the instructions they use.
@Suite struct DeviceFilterTests {
    private func decides(_ program: [UInt64], kind: UInt64, access: UInt64, major: UInt64, minor: UInt64) throws
        -> UInt64
    {
        var registers = [UInt64](repeating: 0, count: 11)
        let context: [UInt64] = [kind | access << 16, major, minor]
        var next = 0
        while next < program.count {
            let word = program[next]
            let (to, from) = (Int(word >> 8 & 15), Int(word >> 12 & 15))
            let (skip, value) = (Int(word >> 16 & 0xffff), word >> 32)
            next += 1
            switch word & 0xff {
            case 0x61: registers[to] = context[skip / 4]
            case 0xbf: registers[to] = registers[from]
            case 0xb7: registers[to] = value
            case 0x57: registers[to] &= value
            case 0x47: registers[to] |= value
            case 0x5f: registers[to] &= registers[from]
            case 0x77: registers[to] >>= value
            case 0x56: if registers[to] != value { next += skip }
            case 0x1d: if registers[to] == registers[from] { next += skip }
            case 0x95: return registers[0]
            default: throw UnknownInstruction()
            }
        }
        throw UnknownInstruction()
    }

    private struct UnknownInstruction: Error {}

    @Test(
        "the last rules decide, right by right",
        arguments: [
            // kind (1 block, 2 character), rights (1 make, 2 read, 4 write), major, minor, answer
            (2, 2, 1, 3, 1), (2, 6, 1, 3, 1), (2, 7, 1, 3, 1), (2, 6, 1, 1, 0), (1, 2, 8, 0, 0), (1, 1, 8, 0, 1),
            (2, 6, 136, 7, 1), (2, 2, 10, 200, 1), (2, 4, 10, 200, 0), (2, 6, 10, 200, 0), (2, 2, 5, 1, 0),
            (2, 4, 5, 1, 1),
        ] as [(UInt64, UInt64, UInt64, UInt64, UInt64)])
    func decisions(_ kind: UInt64, _ access: UInt64, _ major: UInt64, _ minor: UInt64, _ answer: UInt64) throws {
        let rules =
            DeviceRule.standard + [
                DeviceRule(allows: true, kind: .character, major: 10, minor: 200, access: .read),
                DeviceRule(allows: false, kind: .character, major: 5, minor: 1, access: .read),
            ]
        #expect(try decides(rules.program, kind: kind, access: access, major: major, minor: minor) == answer)
    }

    @Test("without rules nothing is allowed, with one for all everything is")
    func extremes() throws {
        #expect(try decides([DeviceRule]().program, kind: 2, access: 2, major: 1, minor: 3) == 0)
        let all = [DeviceRule(allows: true, kind: .all)].program
        #expect(try decides(all, kind: 1, access: 7, major: 8, minor: 0) == 1)
    }
}
