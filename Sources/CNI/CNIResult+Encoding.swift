internal import Addressing
public import JSON

extension CNIResult {
    /// The result as a document of `version`, members in the order in which the reference prints them.
    ///
    /// Versions before 0.3.0 have room for one address of each family and none for interfaces: the first addresses are
    /// written, and a result that has interfaces but no address at all cannot be.
    public func json(version: CNIVersion) throws(CNIError) -> JSONValue {
        var members = JSONObject([("cniVersion", .string(version.description))])
        if version.hasOneAddressPerFamily {
            guard interfaces.isEmpty || !addresses.isEmpty else {
                throw .incompatibleVersion("a result without addresses cannot be written in cniVersion \(version)")
            }
            members["ip4"] = json(of: .v4)
            members["ip6"] = json(of: .v6)
        } else {
            members.setList("interfaces", interfaces.map { $0.json(version: version) })
            members.setList("ips", addresses.map { $0.json(version: version) })
            members.setList("routes", routes.map { $0.json })
        }
        if !dns.isEmpty || version < .v1_0_0 { members["dns"] = dns.json }
        return .object(members)
    }

    /// The document as it is printed: indented by four; from 1.0.0 on with sorted keys, as the reference does.
    public func encoded(version: CNIVersion) throws(CNIError) -> [UInt8] {
        try json(version: version).encoded(.indented(4, sortedKeys: version >= .v1_0_0))
    }

    /// `ip4` or `ip6` of versions before 0.3.0; `nil` without an address of the family.
    private func json(of family: IPFamily) -> JSONValue? {
        guard let address = addresses.first(where: { $0.address.family == family }) else { return nil }
        var members = JSONObject([("ip", .string(address.address.description))])
        if let gateway = address.gateway { members["gateway"] = .string(gateway.description) }
        members.setList("routes", routes.filter { $0.destination.family == family }.map { $0.json })
        return .object(members)
    }
}

extension CNIResult.Interface {
    func json(version: CNIVersion) -> JSONValue {
        var members = JSONObject([("name", .string(name))])
        members.setText("mac", mac)
        // The three of 1.1.0 would be unknown members to older readers.
        if version >= .v1_1_0 { members.setNumber("mtu", mtu) }
        members.setText("sandbox", sandbox)
        if version >= .v1_1_0 {
            members.setText("socketPath", socketPath)
            members.setText("pciID", pciID)
        }
        return .object(members)
    }
}

extension CNIResult.Address {
    func json(version: CNIVersion) -> JSONValue {
        var members = JSONObject()
        if version < .v1_0_0 { members["version"] = .string(address.family == .v4 ? "4" : "6") }
        members.setNumber("interface", interface)
        members["address"] = .string(address.description)
        if let gateway { members["gateway"] = .string(gateway.description) }
        return .object(members)
    }
}

extension CNIResult.Route {
    /// The route as a member of `routes`; the reference writes all its attributes in every version.
    @inline(never)
    public var json: JSONValue {
        var members = JSONObject([("dst", .string(destination.description))])
        if let gateway { members["gw"] = .string(gateway.description) }
        members.setNumber("mtu", mtu)
        members.setNumber("advmss", advmss)
        members.setNumber("priority", priority)
        members.setNumber("table", table)
        members.setNumber("scope", scope)
        return .object(members)
    }
}

extension CNIResult.DNS {
    /// The `dns` object, `{}` when nothing is set.
    @inline(never)
    public var json: JSONValue {
        var members = JSONObject()
        members.setList("nameservers", nameservers.map { .string($0) })
        members.setText("domain", domain)
        members.setList("search", search.map { .string($0) })
        members.setList("options", options.map { .string($0) })
        return .object(members)
    }
}

extension JSONObject {
    /// Sets a member unless the list is empty.
    @inline(never)
    fileprivate mutating func setList(_ key: String, _ values: [JSONValue]) {
        if !values.isEmpty { self[key] = .array(values) }
    }

    /// Sets a member unless the text is empty.
    @inline(never)
    fileprivate mutating func setText(_ key: String, _ text: String) {
        if !text.isEmpty { self[key] = .string(text) }
    }

    /// Sets a member unless there is no number.
    @inline(never)
    fileprivate mutating func setNumber(_ key: String, _ number: Int?) {
        if let number { self[key] = .integer(Int64(number)) }
    }
}
