public import JSON

extension CNIResult {
    /// Reads a result of any version; without `cniVersion` in it, of version `assumed`.
    ///
    /// `path` names the value in messages, as "prevResult". Unknown members are ignored, as all readers of CNI do.
    public init(_ value: JSONValue, assumed: CNIVersion, path: String) throws(CNIError) {
        let members = try ConfigurationObject(value, path: path)
        var version = assumed
        if let text = try members.string("cniVersion"), !text.isEmpty {
            guard let known = CNIVersion(text) else {
                throw .incompatibleVersion("\(path) has the unknown cniVersion \(JSONValue.string(text).excerpt())")
            }
            version = known
        }
        self.init()
        if version.hasOneAddressPerFamily {
            try readFamily("ip4", of: members)
            try readFamily("ip6", of: members)
        } else {
            for interface in try members.objects("interfaces") { interfaces.append(try Interface(interface)) }
            for address in try members.objects("ips") { addresses.append(try Address(address)) }
            for route in try members.objects("routes") { routes.append(try Route(route)) }
        }
        if let settings = try members.nested("dns") { dns = try DNS(settings) }
    }

    /// Reads `ip4` or `ip6` of versions before 0.3.0.
    private mutating func readFamily(_ key: String, of members: ConfigurationObject) throws(CNIError) {
        guard let family = try members.nested(key) else { return }
        let address = try family.required(try family.network("ip"), "ip")
        addresses.append(Address(address, gateway: try family.address("gateway")))
        for route in try family.objects("routes") { routes.append(try Route(route)) }
    }
}

extension CNIResult.Interface {
    init(_ members: ConfigurationObject) throws(CNIError) {
        self.init(
            name: try members.string("name", default: ""),
            mac: try members.string("mac", default: ""),
            mtu: try members.integer("mtu", in: 0...Int(Int32.max)),
            sandbox: try members.string("sandbox", default: ""),
            socketPath: try members.string("socketPath", default: ""),
            pciID: try members.string("pciID", default: ""))
        if mtu == 0 { mtu = nil }
    }
}

extension CNIResult.Address {
    init(_ members: ConfigurationObject) throws(CNIError) {
        self.init(
            try members.required(try members.network("address"), "address"),
            gateway: try members.address("gateway"),
            interface: try members.integer("interface", in: 0...Int(Int32.max)))
    }
}

extension CNIResult.Route {
    /// Reads a route of a result or of an IPAM configuration: `dst` is required, all else optional.
    public init(_ members: ConfigurationObject) throws(CNIError) {
        let numbers = 0...Int(UInt32.max)
        self.init(
            try members.required(try members.network("dst"), "dst"),
            gateway: try members.address("gw"),
            mtu: try members.integer("mtu", in: numbers),
            advmss: try members.integer("advmss", in: numbers),
            priority: try members.integer("priority", in: numbers),
            table: try members.integer("table", in: numbers),
            scope: try members.integer("scope", in: 0...255))
        // The kernel and the reference read 0 as "not given" for these three.
        if mtu == 0 { mtu = nil }
        if advmss == 0 { advmss = nil }
        if priority == 0 { priority = nil }
    }
}

extension CNIResult.DNS {
    /// Reads the `dns` object of a result or of a network configuration.
    public init(_ members: ConfigurationObject) throws(CNIError) {
        self.init(
            nameservers: try members.stringList("nameservers"),
            domain: try members.string("domain", default: ""),
            search: try members.stringList("search"),
            options: try members.stringList("options"))
    }
}
