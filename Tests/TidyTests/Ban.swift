import Testing

/// A pattern that does not belong in the sources, with what to write instead.
///
/// `example` must match and `innocent` must not, so that a ban that catches nothing is noticed.
struct Ban: Sendable, CustomTestStringConvertible {
    let name: String
    let pattern: String
    let instead: String
    let folders: [String]
    var except: Set<String> = []
    /// Looks at the text with comments and strings (`true`) or at code alone.
    var inText = false
    let example: String
    let innocent: String

    var testDescription: String { name }

    static let everywhere = ["Sources", "plugins", "Tests", "Fuzz"]
    static let shipped = ["Sources", "plugins"]
    /// The folders of what ships as Embedded Swift.
    static let pluginSide = [
        "Sources/Addressing", "Sources/JSON", "Sources/LinuxSystem", "Sources/Netlink", "Sources/IPAM", "Sources/CNI",
        "Sources/RouteNetlink", "Sources/Nftables", "Sources/PluginKit", "Sources/PluginFirewall", "Sources/OCIRuntime",
        "Sources/ControlGroups",
        "plugins",
    ]

    static let list = [
        Ban(
            name: "forced try", pattern: #"\btry!"#, instead: "throw, or `do … catch` with the reason it cannot fail",
            folders: everywhere, example: "let a = try! f()", innocent: "let a = try f()"),
        Ban(
            name: "forced cast", pattern: #"\bas!"#, instead: "`as?` with an error, or a type that needs no cast",
            folders: everywhere, example: "a as! B", innocent: "a as? B"),
        Ban(
            name: "forced unwrap", pattern: #"[\w\)\]]!(?![=\w])"#, instead: "`guard let`, or `try #require` in a test",
            folders: everywhere, example: "a[0]!.b", innocent: "a != b && !c"),
        Ban(
            name: "AnySequence", pattern: #"\bAnySequence\b"#,
            instead: "a generic or an array: Embedded Swift 6.3 does not finish compiling it and takes all memory",
            folders: everywhere, except: ["Tests/TidyTests/Ban.swift"], example: "AnySequence(a)", innocent: "Array(a)"),
        Ban(
            name: "existential", pattern: #"\bany [A-Z]"#,
            instead: "a generic or an enum: Embedded Swift has no existentials",
            folders: pluginSide, example: "let e: any Error", innocent: "let many = Many()"),
        Ban(
            name: "untyped throws", pattern: #"\bthrows(?!\()\b"#,
            instead: "`throws(E)`: Embedded Swift has no `any Error`",
            folders: pluginSide, example: "func f() throws -> A", innocent: "func f() throws(E) -> A"),
        Ban(
            name: "key path", pattern: #"(^|[^\w\)"])\\\.[a-z]|\bKeyPath\b"#,
            instead: "a closure: Embedded Swift has no key paths",
            folders: pluginSide, example: #"a.map(\.b)"#, innocent: #"a.map { $0.b }"#),
        Ban(
            name: "Dictionary", pattern: #"\[\w+ ?: ?\w[\w\.\[\]<>]*\](?!\()|\bDictionary[<(]"#,
            instead: "an array searched in order: hashing costs a plugin its tables and an arc4random per process",
            folders: pluginSide, example: "var a: [String: Int]", innocent: "f(a[b ? c : d])"),
        Ban(
            name: "String(describing:)", pattern: #"\bString\((describing|reflecting):"#,
            instead: "`description`: Embedded Swift cannot describe what is not CustomStringConvertible",
            folders: pluginSide, example: "String(describing: a)", innocent: "String(decoding: a)"),
        Ban(
            name: "async", pattern: #"\basync\b|\bawait\b|\bTask\b"#,
            instead: "synchronous code: plugins have one thread",
            folders: pluginSide, example: "func f() async", innocent: "let asynchronous = 1"),
        Ban(
            name: "weak or unowned", pattern: #"\b(weak|unowned)\b"#,
            instead: "a tree of owners: Embedded Swift has neither",
            folders: pluginSide, example: "weak var a", innocent: "let weaker = 1"),
        Ban(
            name: "print", pattern: #"(^|[^\w\.])(print|debugPrint|dump)\("#,
            instead: "return or throw; standard output is the protocol's. LinuxSystem.StandardStreams writes, in mains",
            folders: shipped, example: "print(a)", innocent: "a.print(b); func reprint()"),
        Ban(
            name: "exit", pattern: #"(^|[^\w\.])(exit|_exit|abort)\("#,
            instead: "throw: only mains and PluginProcess end the process",
            folders: [
                "Sources/Addressing", "Sources/JSON", "Sources/Netlink", "Sources/RouteNetlink", "Sources/Nftables",
                "Sources/IPAM",
            ],
            example: "exit(1)", innocent: "let exitStatus = 1; a.exit(b)"),
        Ban(
            name: "sleep", pattern: #"\b(u|nano)?sleep\(|Task\.sleep|Thread\.sleep"#,
            instead: "wait for the event with a deadline; subscribe before you act",
            folders: everywhere, example: "usleep(5)", innocent: "asleep(); sleeper.wait()"),
        Ban(
            name: "closure in an expectation", pattern: #"^ {12,}.*#(expect|require)\((?!throws:).*[\w\)\(] ?\{"#,
            instead:
                "a constant before it: inside a closure Swift 6.3 gives the expectation's closure and the next one the same symbol, and runs the first for both",
            folders: ["Tests"], example: "            #expect(!a.contains { $0 > 1 })",
            innocent: "            #expect(throws: E.self) { try f() }"),
        Ban(
            name: "shelling out",
            pattern:
                #""(/usr)?/s?bin/(ip|tc|bridge|sysctl|conntrack)"|"(/usr/s?bin/|/s?bin/)?(nft|ip6?tables(-restore|-save)?|brctl|nsenter|ethtool)""#,
            instead: "netlink through RouteNetlink and Nftables; tests use these tools as witnesses",
            folders: shipped, inText: true, example: #"run("/sbin/ip")"#, innocent: #"family("ip"), key("sysctl")"#),
        Ban(
            name: "leftover", pattern: #"\b(FIXME|XXX|HACK)\b"#,
            instead: "do it, or a TODO that names the condition under which it goes",
            folders: everywhere, except: ["Tests/TidyTests/Ban.swift"], inText: true,
            example: "// FIXME later", innocent: "// XXXL shirts"),
        Ban(
            name: "unchecked escape hatch", pattern: #"@unchecked Sendable|nonisolated\(unsafe\)|\bunsafeBitCast\b"#,
            instead: "Mutex, ~Copyable, or a value",
            folders: shipped, example: "nonisolated(unsafe) var a", innocent: "nonisolated func f()"),
        Ban(
            name: "swallowed error", pattern: #"catch\s*(\w+\s*)?\{\s*\}"#,
            instead: "say in the types or in a statement why this error is content: `_ = try? …` names it",
            folders: shipped, example: "do { try f() } catch {}", innocent: "catch { report(error) }"),
    ]
}
