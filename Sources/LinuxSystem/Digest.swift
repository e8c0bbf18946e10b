/// SHA-2 digests, for names derived from names: FIPS 180-4.
///
/// Nothing here guards a secret.
public enum Digest {
    /// FIPS 180-4, 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first eighty primes.
    ///
    /// SHA-256 uses the upper halves of the first sixty-four.
    private static let cubeRoots: InlineArray<80, UInt64> = [
        0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
        0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
        0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
        0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
        0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
        0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
        0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
        0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
        0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
        0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
        0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
        0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
        0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
        0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
        0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
        0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
        0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
        0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
        0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
        0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
    ]

    /// FIPS 180-4, 5.3.5: the same of the square roots of the first eight primes.
    private static let squareRoots: [UInt64] = [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ]

    /// The first `digits` hexadecimal digits of a text's SHA-256.
    public static func sha256Hex(_ text: String, digits: Int = 64) -> String {
        hex(sha256(Array(text.utf8)), digits: digits)
    }

    /// The first `digits` hexadecimal digits of a text's SHA-512.
    public static func sha512Hex(_ text: String, digits: Int = 128) -> String {
        hex(sha512(Array(text.utf8)), digits: digits)
    }

    /// The 32 bytes of the SHA-256.
    public static func sha256(_ message: [UInt8]) -> [UInt8] {
        let rounds = (0..<64).map { UInt32(truncatingIfNeeded: cubeRoots[$0] >> 32) }
        var state = squareRoots.map { UInt32(truncatingIfNeeded: $0 >> 32) }
        let padded = pad(message, block: 64)
        var schedule = [UInt32](repeating: 0, count: 64)
        for start in stride(from: 0, to: padded.count, by: 64) {
            for index in 0..<16 { schedule[index] = bigEndian(padded, at: start + index * 4, as: UInt32.self) }
            for index in 16..<64 {
                let first = schedule[index - 15]
                let second = schedule[index - 2]
                let sigma0 = rotate(first, 7) ^ rotate(first, 18) ^ (first >> 3)
                let sigma1 = rotate(second, 17) ^ rotate(second, 19) ^ (second >> 10)
                schedule[index] = schedule[index - 16] &+ sigma0 &+ schedule[index - 7] &+ sigma1
            }
            compress(&state, schedule, rounds, (2, 13, 22), (6, 11, 25))
        }
        return bytes(of: state)
    }

    /// The 64 bytes of the SHA-512.
    public static func sha512(_ message: [UInt8]) -> [UInt8] {
        let rounds = (0..<80).map { cubeRoots[$0] }
        var state = squareRoots
        let padded = pad(message, block: 128)
        var schedule = [UInt64](repeating: 0, count: 80)
        for start in stride(from: 0, to: padded.count, by: 128) {
            for index in 0..<16 { schedule[index] = bigEndian(padded, at: start + index * 8, as: UInt64.self) }
            for index in 16..<80 {
                let first = schedule[index - 15]
                let second = schedule[index - 2]
                let sigma0 = rotate(first, 1) ^ rotate(first, 8) ^ (first >> 7)
                let sigma1 = rotate(second, 19) ^ rotate(second, 61) ^ (second >> 6)
                schedule[index] = schedule[index - 16] &+ sigma0 &+ schedule[index - 7] &+ sigma1
            }
            compress(&state, schedule, rounds, (28, 34, 39), (14, 18, 41))
        }
        return bytes(of: state)
    }

    private static func compress<Word: FixedWidthInteger>(
        _ state: inout [Word], _ schedule: [Word], _ rounds: [Word], _ upper: (Int, Int, Int), _ lower: (Int, Int, Int)
    ) {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<rounds.count {
            let sum1 = rotate(e, lower.0) ^ rotate(e, lower.1) ^ rotate(e, lower.2)
            let choice = (e & f) ^ (~e & g)
            let first = h &+ sum1 &+ choice &+ rounds[index] &+ schedule[index]
            let sum0 = rotate(a, upper.0) ^ rotate(a, upper.1) ^ rotate(a, upper.2)
            let second = sum0 &+ ((a & b) ^ (a & c) ^ (b & c))
            (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
        }
        let end = [a, b, c, d, e, f, g, h]
        for index in 0..<8 { state[index] = state[index] &+ end[index] }
    }

    private static func rotate<Word: FixedWidthInteger>(_ word: Word, _ count: Int) -> Word {
        (word &>> Word(count)) | (word &<< Word(Word.bitWidth - count))
    }

    private static func pad(_ message: [UInt8], block: Int) -> [UInt8] {
        var padded = message
        padded.append(0x80)
        // The length field is 8 bytes of a 64-byte block and 16 of a 128-byte one; its upper half is always zero here.
        while padded.count % block != block - block / 8 { padded.append(0) }
        padded.append(contentsOf: [UInt8](repeating: 0, count: block / 8 - 8))
        var length = UInt64(message.count) &* 8
        for _ in 0..<8 {
            padded.append(UInt8(truncatingIfNeeded: length >> 56))
            length <<= 8
        }
        return padded
    }

    private static func bigEndian<Word: FixedWidthInteger>(_ bytes: [UInt8], at start: Int, as: Word.Type) -> Word {
        var word: Word = 0
        for index in 0..<(Word.bitWidth / 8) { word = word << 8 | Word(truncatingIfNeeded: bytes[start + index]) }
        return word
    }

    private static func bytes<Word: FixedWidthInteger>(of words: [Word]) -> [UInt8] {
        var result: [UInt8] = []
        for word in words {
            for shift in stride(from: Word.bitWidth - 8, through: 0, by: -8) {
                result.append(UInt8(truncatingIfNeeded: word >> Word(shift)))
            }
        }
        return result
    }

    private static func hex(_ bytes: [UInt8], digits: Int) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            for nibble in [byte >> 4, byte & 15] { text.append(nibble < 10 ? 0x30 + nibble : 0x57 + nibble) }
        }
        return String(decoding: text.prefix(digits), as: UTF8.self)
    }
}
