import Foundation
import TestSupport

/// The part of the kernel's state that two suites must agree on, without what is random.
enum KernelState {
    /// A result without MACs that were made up, names of host ends, and namespace paths.
    static func masked(_ document: Document) -> Document {
        switch document {
        case .array(let elements): .array(elements.map(masked))
        case .object(let members):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.map { key, value in
                        switch (key, value.string) {
                        // 02:… is what a configuration asked for.
                        case ("mac", let mac?) where !mac.hasPrefix("02:11") && !mac.hasPrefix("02:aa"): (key, "(some)")
                        case ("name", let name?) where name.hasPrefix("veth"): (key, "(veth)")
                        default: (key, masked(value))
                        }
                    }))
        default: document
        }
    }

    static func observe(_ host: TestHost, _ container: Container) throws -> [String: Document] {
        var state: [String: Document] = [:]
        for (place, target) in [("container", container as Container?), ("host", nil)] {
            let links = try Document(parsing: host.run("ip", "-d", "-j", "address", "show", in: target))
            state["\(place) links"] = .array(
                links.elements.filter { $0["ifname"] != "uplink" }.map(link).sorted { "\($0)" < "\($1)" })
            for family in ["-4", "-6"] {
                let routes = try Document(
                    parsing: host.run("ip", family, "-j", "route", "show", "table", "main", in: target))
                state["\(place) routes \(family)"] = .array(
                    routes.elements.filter(isChosen).map(route).sorted { "\($0)" < "\($1)" })
            }
            state["\(place) forwarding"] = .string(
                try host.shell("sysctl -n net.ipv4.ip_forward net.ipv6.conf.all.forwarding", in: target))
        }
        state["container settings"] = .string(
            try host.shell("sysctl -n net.ipv4.conf.eth0.arp_filter net.core.somaxconn || true", in: container))
        return state
    }

    private static func link(_ entry: Document) -> Document {
        let name = entry["ifname"].string ?? ""
        let port = entry["linkinfo"]["info_slave_data"]
        let flags = entry["flags"].elements.filter { ["UP", "PROMISC", "ALLMULTI"].contains($0) }
        var link: Document = [
            "name": .string(name.hasPrefix("veth") ? "(veth)" : name), "mtu": entry["mtu"], "flags": .array(flags),
            "kind": entry["linkinfo"]["info_kind"], "master": entry["master"], "hairpin": port["hairpin"],
            "isolated": port["isolated"],
        ]
        link["addresses"] = .array(
            entry["addr_info"].elements.filter { $0["scope"] != "link" }.map {
                ["local": $0["local"], "prefix": $0["prefixlen"], "broadcast": $0["broadcast"], "scope": $0["scope"]]
            })
        return link
    }

    // fe80::/64 comes and goes by itself; the uplink's routes are the harness's.
    private static func isChosen(_ entry: Document) -> Bool {
        entry["dev"] != "uplink" && entry["dst"].string?.hasPrefix("fe80:") != true
    }

    private static func route(_ entry: Document) -> Document {
        [
            "to": entry["dst"], "via": entry["gateway"], "device": entry["dev"], "scope": entry["scope"],
            "source": entry["prefsrc"],
            "metric": entry["metric"],
        ]
    }
}
