import Testing

/// What the kernel does with a filter: the instructions of classic BPF that libseccomp uses.
struct FilterMachine {
    struct Call {
        var number: UInt32
        var architecture: UInt32 = 0xC000_003E  // x86_64
        var arguments: [UInt64] = []
    }

    struct Instruction {
        let code: UInt16
        let then: Int
        let otherwise: Int
        let operand: UInt32
    }

    let instructions: [Instruction]

    init(_ bytes: [UInt8]) {
        func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) } }
        instructions = stride(from: 0, to: bytes.count, by: 8).map { at in
            Instruction(
                code: UInt16(bytes[at]) | UInt16(bytes[at + 1]) << 8, then: Int(bytes[at + 2]),
                otherwise: Int(bytes[at + 3]), operand: word(at + 4))
        }
    }

    /// The SECCOMP_RET_* value.
    func verdict(_ call: Call) throws -> UInt32 {
        var accumulator: UInt32 = 0
        var place = 0
        while true {
            let instruction = try #require(instructions.indices.contains(place) ? instructions[place] : nil)
            place += 1
            var holds: Bool?
            switch instruction.code {
            case 0x20: accumulator = Self.word(of: call, at: instruction.operand)
            case 0x54: accumulator &= instruction.operand
            case 0x05: place += Int(instruction.operand)
            case 0x15: holds = accumulator == instruction.operand
            case 0x25: holds = accumulator > instruction.operand
            case 0x35: holds = accumulator >= instruction.operand
            case 0x45: holds = accumulator & instruction.operand != 0
            case 0x06: return instruction.operand
            default: Issue.record("an instruction that is not expected: \(instruction)")
            }
            if let holds { place += holds ? instruction.then : instruction.otherwise }
        }
    }

    /// `struct seccomp_data`: number, architecture, instruction pointer, six arguments.
    private static func word(of call: Call, at offset: UInt32) -> UInt32 {
        switch offset {
        case 0: return call.number
        case 4: return call.architecture
        default:
            let index = Int(offset - 16) / 8
            let argument = call.arguments.indices.contains(index) ? call.arguments[index] : 0
            return UInt32(truncatingIfNeeded: offset % 8 == 0 ? argument : argument >> 32)
        }
    }
}

let allowed: UInt32 = 0x7fff_0000
func refused(_ errno: UInt32) -> UInt32 { 0x0005_0000 | errno }
let notPermitted = refused(1)
let absent = refused(38)
