internal import CLibseccomp

/// An architecture by the number that the kernel shows a filter: AUDIT_ARCH_*, and libseccomp's own one for x32.
public struct SeccompArchitecture: Hashable, Sendable {
    /// The number.
    let token: UInt32

    /// The architecture of a name such as SCMP_ARCH_X86_64; nil when libseccomp knows none.
    public init?(name: String) {
        let prefix = "SCMP_ARCH_"
        guard name.hasPrefix(prefix) else { return nil }
        // libseccomp's own names are the same in small letters.
        let letters = name.utf8.dropFirst(prefix.utf8.count).map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        token = unsafe seccomp_arch_resolve_name(String(decoding: letters, as: UTF8.self))
        if token == 0 { return nil }
    }

    private init(token: UInt32) { self.token = token }

    /// The machine's own.
    static var native: SeccompArchitecture { SeccompArchitecture(token: seccomp_arch_native()) }

    static let x86 = SeccompArchitecture(token: 0x4000_0003)
    static let x86_64 = SeccompArchitecture(token: 0xC000_003E)
    static let arm = SeccompArchitecture(token: 0x4000_0028)
    static let aarch64 = SeccompArchitecture(token: 0xC000_00B7)

    /// The machine's own as docker's profiles name it in `arches`; empty for one that they never name.
    static var nativeDockerName: String {
        let names: [(UInt32, String)] = [
            (x86_64.token, "amd64"), (aarch64.token, "arm64"), (x86.token, "x86"), (arm.token, "arm"),
            (0xC000_0015, "ppc64le"), (0x8000_0016, "s390x"), (0xC000_00F3, "riscv64"),
        ]
        let native = native.token
        return names.first { $0.0 == native }?.1 ?? ""
    }
}
