import CTestSupport
import Foundation
import JSON
import LinuxSystem
import Seccomp
import Testing

/// The profile of a container that asks for no other.
@Suite struct StandardProfileTests {
    /// Docker's fourteen capabilities.
    static let usual: UInt64 = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31].reduce(0) { $0 | 1 << $1 }

    static func machine(adding capabilities: [UInt64] = []) throws -> FilterMachine {
        let all = capabilities.reduce(usual) { $0 | 1 << $1 }
        return FilterMachine(try SeccompProfile.standard(capabilities: all).compile().bytes)
    }

    /// Numbers of x86_64.
    @Test(
        "refuses what reaches beyond the container, unless a capability is there for it",
        arguments: [
            ("mount", 165, 21), ("umount2", 166, 21), ("unshare", 272, 21), ("setns", 308, 21), ("open_tree", 428, 21),
            ("open_by_handle_at", 304, 2), ("init_module", 175, 16), ("iopl", 172, 17), ("kcmp", 312, 19),
            ("acct", 163, 20), ("reboot", 169, 22), ("mbind", 237, 23), ("settimeofday", 164, 25), ("vhangup", 153, 26),
            ("syslog", 103, 34), ("syslog", 103, 21), ("perf_event_open", 298, 38), ("bpf", 321, 39), ("bpf", 321, 21),
        ] as [(String, UInt32, UInt64)])
    func byCapability(name: String, number: UInt32, capability: UInt64) throws {
        #expect(try Self.machine().verdict(.init(number: number)) == notPermitted)
        #expect(try Self.machine(adding: [capability]).verdict(.init(number: number)) == allowed)
    }

    @Test("chroot is allowed by the capability that a container usually has")
    func chroot() throws {
        let without = FilterMachine(try SeccompProfile.standard(capabilities: 0).compile().bytes)
        #expect(try without.verdict(.init(number: 161)) == notPermitted)
        #expect(try Self.machine().verdict(.init(number: 161)) == allowed)
    }

    @Test("refuses keys, io_uring and kexec whatever the capabilities", arguments: [248, 250, 425, 426, 246, 323, 155])
    func always(number: UInt32) throws {
        let all = FilterMachine(try SeccompProfile.standard(capabilities: .max).compile().bytes)
        #expect(try all.verdict(.init(number: number)) == notPermitted)
    }

    @Test("clone makes processes and threads, but no namespaces; clone3, whose flags cannot be seen, is absent")
    func clone() throws {
        let machine = try Self.machine()
        let thread: UInt64 = 0x3d_0f00
        #expect(try machine.verdict(.init(number: 56, arguments: [17])) == allowed)
        #expect(try machine.verdict(.init(number: 56, arguments: [thread])) == allowed)
        for bit: UInt64 in [17, 25, 26, 27, 28, 29, 30] {
            #expect(try machine.verdict(.init(number: 56, arguments: [17 | 1 << bit])) == notPermitted, "\(bit)")
        }
        #expect(try machine.verdict(.init(number: 435)) == absent)
        let administrator = try Self.machine(adding: [21])
        #expect(try administrator.verdict(.init(number: 56, arguments: [1 << 28])) == allowed)
        #expect(try administrator.verdict(.init(number: 435)) == allowed)
    }

    @Test(
        "five personalities and no other",
        arguments: [
            (0, true), (8, true), (0x20000, true), (0x20008, true), (0xffff_ffff, true), (0x40000, false), (1, false),
            (9, false), (0x20009, false), (0x8000_0000, false), (0xffff_fff7, false), (0xfffd_ffff, false),
            (0xfffd_fff7, false), (0xffff_fffe, false), (0x7fff_ffff, false),
        ] as [(UInt64, Bool)])
    func personality(value: UInt64, isAllowed: Bool) throws {
        let verdict = try Self.machine().verdict(.init(number: 135, arguments: [value]))
        #expect(verdict == (isAllowed ? allowed : notPermitted))
    }

    @Test("the 32-bit half of the machine has the same rules, and x32 is absent")
    func otherArchitectures() throws {
        let machine = try Self.machine()
        let i386: UInt32 = 0x4000_0003
        #expect(try machine.verdict(.init(number: 21, architecture: i386)) == notPermitted)  // mount
        #expect(try machine.verdict(.init(number: 4, architecture: i386)) == allowed)  // write
        #expect(try machine.verdict(.init(number: 470, architecture: i386)) == absent)
        #expect(try machine.verdict(.init(number: 0x4000_0001)) == absent)
    }

    @Test("is docker's list from its other side: each number gets the same answer, or is absent where that refuses")
    func sameAsAllowing() throws {
        let json = try #require(Bundle.module.url(forResource: "Profiles/allowing", withExtension: "json"))
        let subject = SeccompProfile.Subject(capabilities: Self.usual, kernel: KernelVersion(major: 6, minor: 18))
        let listed = try SeccompProfile(try JSONValue.parse([UInt8](Data(contentsOf: json))), for: subject)
        let allowing = FilterMachine(try listed.compile().bytes)
        let ours = try Self.machine()
        for architecture: UInt32 in [0xC000_003E, 0x4000_0003] {
            for number: UInt32 in 0...600 {
                let call = FilterMachine.Call(number: number, architecture: architecture)
                let (expected, verdict) = (try allowing.verdict(call), try ours.verdict(call))
                let isNewer = [335, 462, 463, 464, 465, 466].contains(number)
                // A number without a name in either list is the kernel's own to refuse.
                let isSame = expected == allowed ? verdict == allowed : verdict != allowed || isNewer
                #expect(
                    isSame || Self.isUnused(number, architecture),
                    "number \(number) of \(String(architecture, radix: 16)): \(expected) became \(verdict)")
            }
        }
    }

    /// What no kernel since 5.16 has (asm/unistd_64.h, asm/unistd_32.h): it answers ENOSYS itself.
    private static func isUnused(_ number: UInt32, _ architecture: UInt32) -> Bool {
        if architecture == 0xC000_003E {
            return [156, 174, 177, 178, 236].contains(number) || (180...185).contains(number)
        }
        return (387...392).contains(number)
            || [
                17, 31, 32, 35, 44, 53, 56, 58, 98, 112, 127, 130, 134, 137, 149, 167, 169, 188, 189, 222, 223, 251,
                273, 285, 415,
            ].contains(number)
    }

    @Test("compiles in a fraction of a millisecond")
    func isCheap() throws {
        let filter = try SeccompProfile.standard(capabilities: Self.usual).compile()
        // What it costs is measured by scripts/bench; the length is what it follows from.
        #expect(filter.bytes.count / 8 < 250, "\(filter.bytes.count / 8) instructions")
    }

    @Test(
        "the kernel takes it, and a child sees EPERM, ENOSYS and success",
        arguments: [
            (165, Errno.notPermitted), (435, .notImplemented), (500, .notImplemented), (272, .notPermitted),
            (39, nil),
        ] as [(Int, Errno?)])
    func loaded(number: Int, expected: Errno?) throws {
        let filter = try SeccompProfile.standard(capabilities: Self.usual).compile()
        var failure: CInt = 0
        let result = unsafe support_filtered_call(
            filter.bytes, UInt(filter.bytes.count), filter.flags, number, [0, 0, 0, 0, 0, 0], &failure)
        #expect(result == 0)
        #expect(failure == expected?.rawValue ?? 0)
    }
}
