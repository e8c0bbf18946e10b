extension Expression: CustomStringConvertible {
    /// As `nft --debug=netlink` prints it.
    var description: String {
        switch self {
        case .metaLoad(let key, let register): "[ meta load \(key) => reg \(register) ]"
        case .metaSet(let key, let register): "[ meta set \(key) with reg \(register) ]"
        case .payload(let header, let offset, let length, let register):
            "[ payload load \(length)b @ \(header) header + \(offset) => reg \(register) ]"
        case .connectionLoad(let key, let register):
            "[ ct load \(key) => reg \(register)\(key.direction == nil ? "" : " , dir original") ]"
        case .connectionSet(let key, let register): "[ ct set \(key) with reg \(register) ]"
        case .bitwise(let register, let mask, let xor):
            "[ bitwise reg \(register) = ( reg \(register) & \(words(mask))) ^ \(words(xor))]"
        case .compare(let register, let equal, let bytes):
            "[ cmp \(equal ? "eq" : "neq") reg \(register) \(words(bytes))]"
        case .lookup(let register, let set, let target, let negated): lookup(register, set, target, negated)
        case .destinationType(let register): "[ fib daddr type => reg \(register) ]"
        case .reverseRoutePresent(let register): "[ fib saddr . iif oif present => reg \(register) ]"
        case .data(let register, let bytes): "[ immediate reg \(register) \(words(bytes))]"
        case .verdict(let verdict):
            verdict.chain == nil
                ? "[ immediate reg 0 \(verdict) ]" : "[ immediate reg 0 \(verdict.name) -> \(verdict.chain ?? "") ]"
        case .counter: "[ counter pkts 0 bytes 0 ]"
        case .notrack: "[ notrack ]"
        case .masquerade(let flags): "[ masq\(suffix(flags))"
        case .nat(let what, let family, let address, let port, let flags):
            "[ nat \(what == .source ? "snat" : "dnat") \(family) addr_min reg \(address)"
                + (port.map { " proto_min reg \($0)" } ?? "") + suffix(flags)
        case .reject: "[ reject type 2 code 1 ]"
        }
    }

    private func lookup(_ register: Register, _ set: String, _ target: Register?, _ negated: Bool) -> String {
        "[ lookup reg \(register) set \(set)" + (target.map { " dreg \($0)" } ?? "") + (negated ? " 0x1 ]" : " ]")
    }
}

private func suffix(_ flags: UInt32) -> String {
    flags == 0 ? " ]" : " flags 0x\(String(flags, radix: 16)) ]"
}

/// Data as libnftnl prints it: 32-bit words in the machine's order, each followed by a space.
private func words(_ bytes: [UInt8]) -> String {
    var text = ""
    var index = 0
    while index < bytes.count {
        var word = Array(bytes[index..<min(index + 4, bytes.count)])
        while word.count < 4 { word.append(0) }
        text += hexadecimal(fromHostOrder(word)) + " "
        index += 4
    }
    return text
}

extension Verdict {
    /// The verdict's word without the chain it leads to.
    var name: String {
        switch self {
        case .jump: "jump"
        case .goto: "goto"
        case .accept, .drop, .continue, .return: description
        }
    }
}

extension Register: CustomStringConvertible {
    var description: String { "\(number)" }
}

extension Expression.Header: CustomStringConvertible {
    var description: String {
        switch self {
        case .link: "link"
        case .network: "network"
        case .transport: "transport"
        }
    }
}

extension Meta: CustomStringConvertible {
    var description: String {
        switch self {
        case .linkProtocol: "protocol"
        case .mark: "mark"
        case .inputIndex: "iif"
        case .outputIndex: "oif"
        case .inputName: "iifname"
        case .outputName: "oifname"
        case .inputType: "iiftype"
        case .family: "nfproto"
        case .transport: "l4proto"
        }
    }
}

extension Connection: CustomStringConvertible {
    var description: String {
        switch self {
        case .state: "state"
        case .direction: "direction"
        case .status: "status"
        case .mark: "mark"
        case .originalPort: "proto_dst"
        case .originalIPv4: "dst_ip"
        case .originalIPv6: "dst_ip6"
        }
    }

    /// `IP_CT_DIR_ORIGINAL` for keys that need to be told which tuple is meant.
    var direction: UInt8? {
        switch self {
        case .originalPort, .originalIPv4, .originalIPv6: 0
        case .state, .direction, .status, .mark: nil
        }
    }
}
