import LinuxSystem
import Testing

@Suite("Digest")
struct DigestTests {
    // FIPS 180-4 example messages and two block boundaries; the sums come from sha256sum and sha512sum.
    @Test(
        "equals sha256sum and sha512sum",
        arguments: [
            (
                "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            ),
            (
                "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            ),
        ])
    func known(message: String, sha256: String, sha512Prefix: String) {
        #expect(Digest.sha256Hex(message) == sha256)
        #expect(Digest.sha512Hex(message, digits: 64) == sha512Prefix)
    }

    @Test("padding is right around every block boundary", arguments: [55, 56, 63, 64, 65, 111, 112, 127, 128, 129])
    func boundaries(length: Int) throws {
        let message = String(repeating: "h", count: length)
        for (tool, ours) in [("sha256sum", Digest.sha256Hex(message)), ("sha512sum", Digest.sha512Hex(message))] {
            let result = try Subprocess.run(
                "/usr/bin/\(tool)", arguments: [tool], environment: [], input: Array(message.utf8), outputLimit: 4096,
                milliseconds: 10_000)
            #expect(result.status == .exited(0))
            #expect(String(decoding: result.output, as: UTF8.self) == "\(ours)  -\n")
        }
    }
}
