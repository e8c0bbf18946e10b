internal import LinuxSystem

/// One option of a verb, and what its help says.
struct OptionDescription: Sendable {
    let name: String
    let short: String
    /// The word that stands for its value in the help; empty for a switch.
    let value: String
    let help: String

    init(_ name: String, short: String = "", value: String = "", _ help: String) {
        (self.name, self.short, self.value, self.help) = (name, short, value, help)
    }
}

/// Options and arguments of one command line, as runc reads them: `--name value`, `--name=value`, one dash or two.
struct ParsedOptions: Sendable {
    private(set) var given: [(name: String, value: String)] = []
    /// What is no option.
    private(set) var arguments: [String] = []

    /// Reads `words`; with `stopsAtArgument` the first word that is no option ends them.
    init(_ words: [String], _ known: [OptionDescription], stopsAtArgument: Bool) throws(OCIError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                arguments += rest
                return
            }
            guard word.utf8.count > 1, word.utf8.first == UInt8(ascii: "-") else {
                arguments.append(word)
                if stopsAtArgument {
                    arguments += rest
                    return
                }
                continue
            }
            let bare = word.utf8.drop { $0 == UInt8(ascii: "-") }
            let parts = bare.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(decoding: Array(parts[0]), as: UTF8.self)
            let attached: String? = parts.count == 2 ? String(decoding: Array(parts[1]), as: UTF8.self) : nil
            guard let option = known.first(where: { $0.name == name || (!$0.short.isEmpty && $0.short == name) }) else {
                throw .usage("unknown option \(word)")
            }
            if option.value.isEmpty {
                guard attached == nil || attached == "true" || attached == "false" else {
                    throw .usage("--\(option.name) is true or false, not \(attached ?? "")")
                }
                if attached != "false" { given.append((option.name, "")) }
            } else if let value = attached ?? rest.popFirst() {
                given.append((option.name, value))
            } else {
                throw .usage("--\(option.name) needs a value: \(option.value)")
            }
        }
    }

    /// Whether a switch is on.
    func has(_ name: String) -> Bool { given.contains { $0.name == name } }

    /// The last value of an option.
    func value(_ name: String) -> String? { given.last { $0.name == name }?.value }

    /// Every value of an option.
    func values(_ name: String) -> [String] { given.filter { $0.name == name }.map { $0.value } }

    /// The last value of an option that is a number.
    func number(_ name: String) throws(OCIError) -> Int64? {
        guard let text = value(name) else { return nil }
        guard let number = Int64(text) else { throw .usage("--\(name) must be a number, not \(text)") }
        return number
    }
}
