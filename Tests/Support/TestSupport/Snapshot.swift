import Foundation

/// What a namespace holds, as the system's own tools list it: one set of lines per section.
///
/// Left out as noise, because it changes without anybody's doing: counters and timers, neighbours and forwarding
/// entries that were learned, handles of nf_tables objects, entries of connection tracking.
public struct Snapshot: Equatable, Sendable {
    /// Lines of each section, in order of first appearance, sorted within.
    public private(set) var sections: [String: [String]] = [:]

    /// Adds the sections of one place under a prefix.
    mutating func take(_ prefix: String, _ output: String) throws {
        var section = ""
        for line in output.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.hasPrefix("\u{1}") {
                section = "\(prefix) \(line.dropFirst())"
                sections[section] = sections[section] ?? []
            } else {
                sections[section, default: []] += try Snapshot.normalise(section, String(line))
            }
        }
        for key in sections.keys { sections[key]?.sort() }
    }

    /// What changed since an earlier snapshot, as lines of `- section: gone` and `+ section: new`; empty when equal.
    public func changes(since earlier: Snapshot, ignoring isNoise: (String) -> Bool = { _ in false }) -> [String] {
        Set(sections.keys).union(earlier.sections.keys).sorted().flatMap { section in
            let difference = sections[section, default: []].difference(from: earlier.sections[section, default: []])
            let lines = difference.map { change in
                switch change {
                case .remove(_, let line, _): Snapshot.line("-", section, line)
                case .insert(_, let line, _): Snapshot.line("+", section, line)
                }
            }
            return Snapshot.collapsed(lines).filter { !isNoise($0) }
        }
    }

    private static func line(_ sign: String, _ section: String, _ line: String) -> String {
        "\(sign) \(section): \(line)"
    }

    // An interface has a hundred settings; when it comes or goes, one line says enough.
    private static func collapsed(_ lines: [String]) -> [String] {
        var groups: [String: Int] = [:]
        let interfaces = lines.map(settingsGroup)
        for interface in interfaces { if let interface { groups[interface, default: 0] += 1 } }
        var said: Set<String> = []
        return zip(lines, interfaces).compactMap { line, group in
            guard let group, groups[group, default: 0] > 10 else { return line }
            return said.insert(group).inserted ? group : nil
        }
    }

    // "+ host kernel settings: of eth0" for a line about one interface.
    private static func settingsGroup(_ line: String) -> String? {
        guard let start = line.range(of: "/proc/sys/net/") else { return nil }
        let parts = line[start.upperBound...].split(separator: "/")
        guard parts.count > 3, parts[1] == "conf" || parts[1] == "neigh" else { return nil }
        return "\(line[..<start.lowerBound])of \(parts[2])"
    }

    /// Lines of a section that contain a text.
    public func lines(_ section: String, containing text: String = "") -> [String] {
        sections[section, default: []].filter { text.isEmpty || $0.contains(text) }
    }

    private static let timers: Set = [
        "hello_timer", "tcn_timer", "topology_change_timer", "gc_timer", "hold_timer", "message_age_timer",
        "forward_delay_timer", "tcn_timer_value", "handle", "packets", "bytes", "used", "updated", "probes", "refcnt",
        "expires", "cacheinfo", "operstate", "tentative", "dadfailed", "last_used",
    ]

    private static func normalise(_ section: String, _ line: String) throws -> [String] {
        if section.hasSuffix(" kernel settings") || section.hasSuffix(" files") { return [line] }
        let document = try Document(parsing: line).without(timers)
        if section.hasSuffix(" rules") { return document["nftables"].elements.flatMap(ruleLines) }
        return document.elements.filter { $0 != [:] && !isLearned($0) && !isDerived($0) }.map {
            withoutCarrier($0).description
        }
    }

    // The kernel reports a carrier up to a second later than it changes.
    private static func withoutCarrier(_ entry: Document) -> Document {
        var entry = entry
        let carrier: Set<Document> = ["LOWER_UP", "NO-CARRIER", "RUNNING", "linkdown", "dead"]
        if case .array(let flags) = entry["flags"] { entry["flags"] = .array(flags.filter { !carrier.contains($0) }) }
        if case .array(let addresses) = entry["addr_info"] {
            entry["addr_info"] = .array(addresses.filter { $0["scope"] != "link" })
        }
        return entry
    }

    // What the kernel derives by itself from links and addresses that are listed: the local table, groups, fe80::/64.
    private static func isDerived(_ entry: Document) -> Bool {
        if entry["table"] == "local", entry["protocol"] == "kernel" { return true }
        if let mac = entry["mac"].string, mac.hasPrefix("33:33:") || mac.hasPrefix("01:00:5e:") { return true }
        guard let destination = entry["dst"].string else { return false }
        return destination.hasPrefix("fe80:") || destination.hasPrefix("ff00:") || destination.hasPrefix("ff02:")
    }

    // One line per element, so that a difference names the element and not the whole map.
    private static func ruleLines(_ entry: Document) -> [String] {
        guard entry["metainfo"] == .null else { return [] }
        for kind in ["set", "map"] where entry[kind]["elem"] != .null {
            var head = entry
            head[kind]["elem"] = .null
            let name =
                "\(entry[kind]["family"].string ?? "") \(entry[kind]["table"].string ?? "") \(entry[kind]["name"].string ?? "")"
            return [head.description] + entry[kind]["elem"].elements.map { "element \(name): \($0)" }
        }
        return [entry.description]
    }

    private static func isLearned(_ entry: Document) -> Bool {
        switch entry["state"] {
        // Neighbours: `state` is an array.
        case .array(let states): !states.contains("PERMANENT")
        // Forwarding entries: `state` is "permanent", "static", or "" for learned ones.
        case .string(let state) where entry["mac"] != .null: state != "permanent" && state != "static"
        default: false
        }
    }
}

extension TestHost {
    private static let network = #"""
        set -e
        printf '\001links, addresses, routes\n'
        printf 'link show\naddress show\nneighbour show nud all\n' | ip -d -j -batch -
        printf 'route show table all\nrule show\n' | ip -4 -j -batch -
        printf 'route show table all\nrule show\n' | ip -6 -j -batch -
        printf '\001forwarding entries\n'; bridge -j fdb show; echo
        printf '\001rules\n'; nft -j list ruleset; echo
        printf '\001kernel settings\n'
        grep -rs '' /proc/sys/net | grep -vE 'nf_conntrack_count|/route/flush|stable_secret|ping_group_range|/random|nf_conntrack_(max|buckets)' || true
        """#

    private static let files = #"""
        printf '\001files\n'
        cd /; find var/lib/cni var/lib/hawser run/hawser run/cni etc/cni -not -type d | while read -r file; do
            case $file in
                */last_reserved_ip.*|var/lib/hawser/ipam/*) echo "$file" ;;
                *) printf '%s\n' "$file $(head -c 2000 "$file" | od -An -c | tr -s ' \n' ' ')" ;;
            esac
        done
        """#

    /// What the host and some of its containers hold now.
    public func snapshot(_ containers: Container...) throws -> Snapshot {
        var snapshot = Snapshot()
        try snapshot.take("host", shell(TestHost.network + "\n" + TestHost.files))
        for container in containers {
            try snapshot.take(container.name, shell(TestHost.network, in: container))
        }
        return snapshot
    }
}
