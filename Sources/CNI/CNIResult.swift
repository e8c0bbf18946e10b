public import Addressing

/// What an attachment consists of: the answer to ADD, and `prevResult` of the plugins after it.
///
/// One type for all versions of the specification; ``CNIVersion`` decides only how it is read and written.
public struct CNIResult: Hashable, Sendable {
    /// The interfaces, of the host and of the container.
    public var interfaces: [Interface]
    /// The container's addresses.
    public var addresses: [Address]
    /// The container's routes.
    public var routes: [Route]
    /// The name servers to use.
    public var dns: DNS

    /// A result of these parts.
    public init(interfaces: [Interface] = [], addresses: [Address] = [], routes: [Route] = [], dns: DNS = DNS()) {
        self.interfaces = interfaces
        self.addresses = addresses
        self.routes = routes
        self.dns = dns
    }

    /// An interface that belongs to the attachment.
    public struct Interface: Hashable, Sendable {
        /// The link's name.
        public var name: String
        /// The link-layer address as text, empty when it has none: not always 48 bits, for InfiniBand has 20 bytes.
        public var mac: String
        /// The MTU in bytes, since 1.1.0; `nil` when unknown.
        public var mtu: Int?
        /// The path of its network namespace; empty for the host's.
        public var sandbox: String
        /// A vhost-user socket, since 1.1.0; empty when there is none.
        public var socketPath: String
        /// The PCI address of its device, since 1.1.0; empty when there is none.
        public var pciID: String

        /// An interface with these properties.
        public init(
            name: String, mac: String = "", mtu: Int? = nil, sandbox: String = "", socketPath: String = "",
            pciID: String = ""
        ) {
            self.name = name
            self.mac = mac
            self.mtu = mtu
            self.sandbox = sandbox
            self.socketPath = socketPath
            self.pciID = pciID
        }

        /// The link-layer address, when it has 48 bits.
        public var macAddress: MACAddress? { MACAddress(mac) }
    }

    /// An address of an interface.
    public struct Address: Hashable, Sendable {
        /// The address with the prefix length of its network.
        public var address: IPNetwork
        /// The router of that network.
        public var gateway: IPAddress?
        /// Where in `interfaces` the interface stands; `nil` in the results of IPAM plugins.
        public var interface: Int?

        /// An address with these properties.
        public init(_ address: IPNetwork, gateway: IPAddress? = nil, interface: Int? = nil) {
            self.address = address
            self.gateway = gateway
            self.interface = interface
        }
    }

    /// A route of the container.
    public struct Route: Hashable, Sendable {
        /// What it leads to.
        public var destination: IPNetwork
        /// Through which router; `nil` means the address's own gateway.
        public var gateway: IPAddress?
        /// RTAX_MTU in bytes.
        public var mtu: Int?
        /// RTAX_ADVMSS in bytes: the largest TCP segment to announce.
        public var advmss: Int?
        /// RTA_PRIORITY; the smaller number wins.
        public var priority: Int?
        /// RTA_TABLE; the main table when `nil`.
        public var table: Int?
        /// The scope of rtnetlink: 0 universe, 253 link, 254 host.
        public var scope: Int?

        /// A route with these properties.
        public init(
            _ destination: IPNetwork, gateway: IPAddress? = nil, mtu: Int? = nil, advmss: Int? = nil,
            priority: Int? = nil, table: Int? = nil, scope: Int? = nil
        ) {
            self.destination = destination
            self.gateway = gateway
            self.mtu = mtu
            self.advmss = advmss
            self.priority = priority
            self.table = table
            self.scope = scope
        }

        /// Whether it leads everywhere.
        public var isDefault: Bool { destination.prefixLength == 0 }
    }

    /// What resolv.conf(5) of the container should say.
    public struct DNS: Hashable, Sendable {
        /// Addresses of name servers, in order of preference.
        public var nameservers: [String]
        /// The local domain; empty when there is none.
        public var domain: String
        /// The domains to search.
        public var search: [String]
        /// Options of the resolver.
        public var options: [String]

        /// Settings of a resolver; none by default.
        public init(nameservers: [String] = [], domain: String = "", search: [String] = [], options: [String] = []) {
            self.nameservers = nameservers
            self.domain = domain
            self.search = search
            self.options = options
        }

        /// Whether nothing is set.
        public var isEmpty: Bool { nameservers.isEmpty && domain.isEmpty && search.isEmpty && options.isEmpty }
    }
}
