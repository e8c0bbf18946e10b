import Addressing
import CNI
import IPAM
import JSON
import LinuxSystem
import PluginFirewall
import PluginKit
import RouteNetlink

// The readers of the executables are compiled into this module: Plugins/ has links to their sources, because an executable
// cannot be imported.

/// `bridge`: what is decoded can be asked of the kernel.
func fuzzBridge(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, _) throws(CNIError) in
        let bridge = try BridgeConfiguration(configuration)
        precondition(!(bridge.hairpin && bridge.promiscuous), "every frame would come twice")
        precondition(!(bridge.containerInterfaceStaysDown && bridge.hasIPAM), "addresses on an interface that is down")
        precondition(bridge.isGateway || !bridge.isDefaultGateway, "a default gateway that is no gateway")
        precondition(bridge.vlans.isEmpty == bridge.vlans.ofPort.isEmpty, "VLANs appear or are lost")
        for vlan in bridge.vlans.ofPort {
            precondition(vlan.first >= 1 && vlan.first <= vlan.last && vlan.last <= 4094, "no VLAN of IEEE 802.1Q")
        }
        if case .bytes(let count) = bridge.mtu { precondition((68...65535).contains(count), "no MTU") }
    }
}

/// `portmap`: published ports do not overlap, and what a record keeps of them is read again as the same.
func fuzzPortmap(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, _) throws(CNIError) in
        let portmap = try PortmapConfiguration(configuration)
        var elements = 0
        for (position, port) in portmap.ports.enumerated() {
            precondition(port.hostPort > 0 && port.containerPort > 0, "port 0")
            precondition(Int(port.hostPort) + port.count == Int(port.lastHostPort) + 1, "a range beyond 65535")
            precondition(!portmap.ports[..<position].contains { $0.overlaps(port) }, "a port that is published twice")
            elements += port.elementCount
        }
        precondition(elements <= PublishedPort.elementLimit, "more elements than one attachment may have")
        let attachment = try Attachment(network: "n", containerID: "c", ifname: "eth0", netns: "")
        let result = configuration.previousResult ?? CNIResult()
        let publication = portmap.publication(for: result, attachment)
        precondition(publication.containers.count <= 2, "more than one address of a family")
        let rules = RecordedRules(publication.elements, conditions: publication.conditions)
        precondition(isKept(rules, network: configuration.name), "a record keeps other rules than were made")
    }
}

/// `firewall`: an administrator's chain is none of ours, and what a record keeps is read again as the same.
func fuzzFirewall(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, _) throws(CNIError) in
        let firewall = try FirewallConfiguration(configuration)
        if let chain = firewall.adminChain {
            precondition(!Firewall.isOwnChain(chain), "the administrator's chain is one of ours")
            precondition((1...28).contains(chain.utf8.count), "a name of no length that iptables took")
        }
        let permission = try firewall.permission(for: configuration.previousResult ?? CNIResult())
        let rules = RecordedRules(permission.elements, sharedElements: permission.bridgeElements)
        precondition(isKept(rules, network: configuration.name), "a record keeps other rules than were made")
    }
}

/// `tuning`: each setting lies in the network namespace and is set once.
func fuzzTuning(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, _) throws(CNIError) in
        let tuning = try TuningConfiguration(configuration)
        for (position, setting) in tuning.settings.enumerated() {
            precondition(!tuning.settings[..<position].contains { $0.key == setting.key }, "a setting is set twice")
            let components = setting.path(for: "eth0.1").split(separator: "/", omittingEmptySubsequences: false)
            precondition(components.count >= 2 && components[0] == "net", "a setting outside the network namespace")
            for component in components {
                precondition(!component.isEmpty && component != "." && component != "..", "a path that leads elsewhere")
                precondition(component != "IFNAME", "the interface's name is not in its place")
            }
        }
        if let mtu = tuning.link.mtu { precondition((68...65535).contains(mtu), "no MTU") }
        if let address = tuning.link.address { precondition(!address.isMulticast && !address.isZero, "no address") }
        precondition(!tuning.dataDirectory.isEmpty, "no directory")
    }
}

/// `host-local`: ranges lie in their subnets and have no address in common; DEL and GC look at none of them.
func fuzzHostLocal(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, verb) throws(CNIError) in
        let hostLocal = try HostLocalConfiguration(configuration, for: verb)
        precondition(hostLocal.network == configuration.name && !hostLocal.dataDirectory.isEmpty, "no directory")
        let needsRanges = verb != .delete && verb != .collectGarbage
        precondition((hostLocal.pool != nil) == needsRanges, "\(verb): ranges missing or not needed")
        guard let pool = hostLocal.pool else { return }
        let ranges = pool.sets.flatMap(\.ranges)
        precondition(!ranges.isEmpty && ranges.count <= AddressPool.maximumRanges, "too few ranges, or too many")
        for (position, range) in ranges.enumerated() {
            precondition(range.subnet.contains(range.start) && range.subnet.contains(range.end), "outside its subnet")
            precondition(range.start <= range.end, "a range that ends before it starts")
            precondition(!ranges[..<position].contains { $0.overlaps(range) }, "ranges with an address in common")
        }
        for set in pool.sets {
            for candidate in set.candidates(after: set.ranges.last?.end).prefix(4) {
                precondition(candidate.range.contains(candidate.address), "an address of no range")
                precondition(candidate.address != candidate.range.gateway, "the gateway's address")
            }
        }
        for address in (try? pool.assign(hostLocal.requested)) ?? [] {
            guard let address else { continue }
            precondition(hostLocal.requested.contains(address), "an address that nobody asked for")
        }
    }
}

/// `static`: an ADD answers with addresses of which none is there twice, and CHECK of that answer is content.
func fuzzStatic(_ bytes: [UInt8]) {
    readConfiguration(bytes) { (configuration, verb) throws(CNIError) in
        let addresses = try StaticIPAM(configuration, for: verb)
        guard verb == .add else { return }
        let attachment = try Attachment(network: "n", containerID: "c", ifname: "eth0", netns: "")
        let result = try addresses.add(
            AttachmentRequest(verb: verb, attachment: attachment, configuration: configuration))
        let all = result.addresses.map(\.address.address)
        precondition(!all.indices.contains { all[..<$0].contains(all[$0]) }, "an address twice")
        let written = try result.encoded(version: configuration.version)
        guard let document = try? JSONValue.parse(written) else { preconditionFailure("the result is no JSON") }
        var keys = configuration.keys.members
        keys["prevResult"] = document
        do throws(CNIError) {
            let later = try NetworkConfiguration(JSONValue.object(keys).encoded(), for: .check)
            try addresses.check(AttachmentRequest(verb: .check, attachment: attachment, configuration: later))
        } catch {
            preconditionFailure("CHECK refuses what ADD answered: \(error)")
        }
    }
}

/// Reads a configuration as a plugin does: the first byte chooses the verb, the rest is standard input.
///
/// An error has a code that a configuration may lead to, and a sentence of one line.
private func readConfiguration(_ bytes: [UInt8], _ read: (NetworkConfiguration, Verb) throws(CNIError) -> Void) {
    let verbs: [Verb] = [.add, .check, .delete, .collectGarbage, .status]
    let verb = verbs[Int(bytes.first ?? 0) % verbs.count]
    do throws(CNIError) {
        try read(try NetworkConfiguration(Array(bytes.dropFirst()), for: verb), verb)
    } catch {
        precondition([1, 2, 6, 7].contains(error.code), "code \(error.code) is not of a configuration")
        precondition(!error.message.isEmpty, "an error without a sentence")
        for scalar in error.description.unicodeScalars {
            precondition(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "a control character")
        }
    }
}

/// Whether rules come back from a record as they were.
private func isKept(_ rules: RecordedRules, network: String) -> Bool {
    guard let content = try? JSONValue.parse(JSONValue.object(JSONObject(rules.members)).encoded()).object else {
        return false
    }
    return RecordedRules(content, network: network) == rules
}
