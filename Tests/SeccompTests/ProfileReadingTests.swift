import JSON
import LinuxSystem
import Seccomp
import Testing

/// Profiles as files say them.
@Suite struct ProfileReadingTests {
    static func read(_ text: String, capabilities: UInt64 = 0) throws -> SeccompProfile {
        try SeccompProfile(
            try JSONValue.parse(Array(text.utf8)),
            for: .init(capabilities: capabilities, kernel: KernelVersion(major: 6, minor: 1)))
    }

    static func machine(_ text: String, capabilities: UInt64 = 0) throws -> FilterMachine {
        FilterMachine(try read(text, capabilities: capabilities).compile().bytes)
    }

    @Test(
        "an error names the member",
        arguments: [
            ("[]", "the profile: an object is expected"),
            ("{}", "defaultAction: an action such as SCMP_ACT_ERRNO is expected"),
            (#"{"defaultAction": 3}"#, "defaultAction: a string is expected"),
            (
                #"{"defaultAction": "ALLOW"}"#,
                #"defaultAction: "ALLOW" is not known; there is SCMP_ACT_KILL, KILL_THREAD, KILL_PROCESS, TRAP, ERRNO, TRACE, LOG, ALLOW"#
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 5000}"#,
                "defaultErrnoRet: a number from 0 to 4095 is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_VAX"]}"#,
                #"architectures[0]: "SCMP_ARCH_VAX" is not known; there is what libseccomp knows, such as SCMP_ARCH_X86_64"#
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86"}]}"#,
                "archMap: either architectures or archMap, not both, is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "flags": ["TSYNC"]}"#,
                #"flags[0]: "TSYNC" is not known; there is SECCOMP_FILTER_FLAG_TSYNC, LOG, SPEC_ALLOW, WAIT_KILLABLE_RECV"#
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/run/agent"}"#,
                "listenerPath: no supervisor (SCMP_ACT_NOTIFY is not supported) is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_LOG"}]}"#,
                "syscalls[0].names: at least one system call is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a", 3], "action": "SCMP_ACT_LOG"}]}"#,
                "syscalls[0].names[1]: a string is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"]}]}"#,
                "syscalls[0].action: an action such as SCMP_ACT_ALLOW is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["a"], "name": "b", "action": "SCMP_ACT_LOG"}]}"#,
                "syscalls[0].name: either name or names, not both, is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}]}"#,
                "syscalls[0].args[0].index: a number from 0 to 5 is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "args": [{"index": 0, "op": "EQ"}]}]}"#,
                #"syscalls[0].args[0].op: "EQ" is not known; there is SCMP_CMP_NE, LT, LE, EQ, GE, GT, MASKED_EQ"#
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]}]}"#,
                "syscalls[0].args[0].value: a number from 0 to 18446744073709551615 is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "includes": {"caps": ["SYS_ADMIN"]}}]}"#,
                #"syscalls[0].includes.caps[0]: "SYS_ADMIN" is not known; there is CAP_CHOWN to CAP_CHECKPOINT_RESTORE"#
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_LOG", "excludes": {"minKernel": "new"}}]}"#,
                "syscalls[0].excludes.minKernel: a kernel's version such as 4.8 is expected"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"name": "a", "action": "SCMP_ACT_ERRNO", "errno": "EWHAT"}]}"#,
                #"syscalls[0].errno: "EWHAT" is not known; there is a name of errno(3), such as EPERM"#
            ),
        ])
    func malformed(text: String, expected: String) {
        let error = #expect(throws: SeccompError.self) { try Self.read(text) }
        #expect(error?.description == expected)
    }

    @Test(
        "each comparison decides as its name says, with all 64 bits",
        arguments: [
            ("SCMP_CMP_NE", 5, 0, [4, 6], [5]), ("SCMP_CMP_LT", 5, 0, [4], [5, 1 << 40]),
            ("SCMP_CMP_LE", 5, 0, [4, 5], [6]), ("SCMP_CMP_EQ", 1 << 40, 0, [1 << 40], [0, 1 << 41]),
            ("SCMP_CMP_GE", 5, 0, [5, 1 << 40], [4]), ("SCMP_CMP_GT", 5, 0, [6], [5]),
            ("SCMP_CMP_MASKED_EQ", 0xF0, 0x20, [0x21, 0x2f], [0x31]),
        ] as [(String, UInt64, UInt64, [UInt64], [UInt64])])
    func comparisons(op: String, value: UInt64, second: UInt64, hits: [UInt64], misses: [UInt64]) throws {
        let machine = try Self.machine(
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["close"], "action": "SCMP_ACT_ERRNO",
             "errnoRet": 9, "args": [{"index": 0, "value": \(value), "valueTwo": \(second), "op": "\(op)"}]}]}
            """)
        for hit in hits { #expect(try machine.verdict(.init(number: 3, arguments: [hit])) == refused(9)) }
        for miss in misses { #expect(try machine.verdict(.init(number: 3, arguments: [miss])) == allowed) }
    }

    @Test("conditions on several arguments hold together, on one argument each alone")
    func conditions() throws {
        let machine = try Self.machine(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
             {"names": ["close"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 2, "op": "SCMP_CMP_EQ"}]},
             {"names": ["dup"], "action": "SCMP_ACT_ALLOW",
              "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}, {"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]}]}
            """)
        #expect(try machine.verdict(.init(number: 3, arguments: [1, 2])) == allowed)
        #expect(try machine.verdict(.init(number: 3, arguments: [1, 3])) == notPermitted)
        #expect(try machine.verdict(.init(number: 32, arguments: [1])) == allowed)
        #expect(try machine.verdict(.init(number: 32, arguments: [2])) == allowed)
        #expect(try machine.verdict(.init(number: 32, arguments: [3])) == notPermitted)
    }

    @Test("each action becomes the kernel's number, with its datum")
    func actions() throws {
        let actions: [(String, UInt32)] = [
            ("SCMP_ACT_KILL", 0), ("SCMP_ACT_KILL_PROCESS", 0x8000_0000), ("SCMP_ACT_TRAP", 0x0003_0000),
            ("SCMP_ACT_LOG", 0x7ffc_0000), ("SCMP_ACT_ERRNO", 0x0005_0007), ("SCMP_ACT_TRACE", 0x7ff0_0007),
        ]
        for (name, number) in actions {
            let machine = try Self.machine(
                """
                {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                 {"name": "close", "action": "\(name)", "errnoRet": 7}]}
                """)
            #expect(try machine.verdict(.init(number: 3)) == number, "\(name)")
        }
    }

    @Test("includes and excludes: capabilities all and any, the machine's architecture, the kernel's version")
    func filters() throws {
        func decides(_ filter: String, _ capabilities: UInt64) throws -> Bool {
            let profile = try Self.read(
                """
                {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
                 {"name": "close", "action": "SCMP_ACT_ALLOW", \(filter)}]}
                """, capabilities: capabilities)
            return !profile.rules.isEmpty
        }
        let both = #""includes": {"caps": ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]}"#
        #expect(try decides(both, 1 << 21 | 1 << 19))
        #expect(try !decides(both, 1 << 21))
        let none = #""excludes": {"caps": ["CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]}"#
        #expect(try decides(none, 0))
        #expect(try !decides(none, 1 << 19))
        #expect(try decides(#""includes": {"minKernel": "4.8"}"#, 0))
        #expect(try !decides(#""includes": {"minKernel": "6.2"}"#, 0))
        #expect(try !decides(#""excludes": {"minKernel": "6.1"}"#, 0))
        #expect(try decides(#""includes": {"arches": ["amd64", "arm64"]}"#, 0))
        #expect(try !decides(#""includes": {"arches": ["s390x"]}"#, 0))
        #expect(try decides(#""includes": null, "excludes": {}, "args": null"#, 0))
    }

    @Test("a rule that says what the default says, and a call nobody knows, are passed over")
    func passedOver() throws {
        let profile = try Self.read(
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
             {"names": ["close"], "action": "SCMP_ACT_ALLOW"}, {"names": ["no_such_call"], "action": "SCMP_ACT_LOG"}]}
            """)
        #expect(profile.rules.map(\.names) == [["no_such_call"]])
        #expect(try FilterMachine(profile.compile().bytes).verdict(.init(number: 3)) == allowed)
    }

    @Test("flags become the kernel's bits")
    func flags() throws {
        let profile = try Self.read(
            """
            {"defaultAction": "SCMP_ACT_ALLOW",
             "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_TSYNC"]}
            """)
        #expect(try profile.compile().flags == 7)
    }

    @Test(
        "a kernel's version is its first two numbers",
        arguments: [("6.18.44-fc", 6, 18), ("4.8", 4, 8), ("10.0\n", 10, 0)] as [(String, Int, Int)])
    func versions(text: String, major: Int, minor: Int) {
        #expect(KernelVersion(text) == KernelVersion(major: major, minor: minor))
        #expect(KernelVersion("x\(text)") == nil)
    }
}
