public import Addressing
public import LinuxSystem

/// An interface to be made.
public struct NewLink: Sendable {
    /// What it shall be.
    public enum Kind: Sendable {
        /// A bridge. `vlanFiltering` nil leaves the kernel's default; `defaultPVID` 0 gives ports no VLAN by themselves.
        case bridge(vlanFiltering: Bool?, defaultPVID: UInt16?)
        /// A pair of interfaces, of which the other one is `peer`.
        case veth(peer: Peer)
    }

    /// The other end of a veth pair.
    ///
    /// It is made down: the kernel refuses IFF_UP for it (ENOTCONN), because the pair is not yet complete.
    public struct Peer: Sendable {
        /// Its name.
        public var name: LinkName
        /// Its hardware address; nil for a random one.
        public var address: MACAddress?
        /// The descriptor of the namespace it is made in, which must stay open until then; nil for the socket's own.
        public var namespaceDescriptor: CInt?
    }

    /// Its name.
    public var name: LinkName
    /// What it shall be.
    public var kind: Kind
    /// Its hardware address; nil for a random one.
    public var address: MACAddress?
    /// Bytes, for both ends of a pair; nil for the kernel's default.
    public var mtu: UInt32?
    /// The bridge it becomes a port of.
    public var master: LinkIndex?
    /// Whether it is brought up at once.
    public var up: Bool

    /// Describes an interface.
    public init(
        _ name: LinkName, _ kind: Kind, address: MACAddress? = nil, mtu: UInt32? = nil, master: LinkIndex? = nil,
        up: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.address = address
        self.mtu = mtu
        self.master = master
        self.up = up
    }
}

extension NewLink.Peer {
    /// Describes the other end of a veth pair, in the same namespace.
    public init(_ name: LinkName, address: MACAddress?) {
        self.init(name: name, address: address, namespaceDescriptor: nil)
    }

    /// Describes the other end of a veth pair.
    public init(_ name: LinkName, address: MACAddress?, in namespace: borrowing NetworkNamespace) {
        self.init(name: name, address: address, namespaceDescriptor: namespace.rawDescriptor)
    }
}

/// What shall change of an interface; nil leaves a property as it is.
public struct LinkChange: Sendable {
    /// Up or down.
    public var up: Bool?
    /// Another name; the kernel refuses it for some kinds while they are up.
    public var name: LinkName?
    /// Another hardware address.
    public var address: MACAddress?
    /// Bytes.
    public var mtu: UInt32?
    /// The bridge it shall belong to.
    public var master: LinkIndex?
    /// Promiscuous mode.
    public var promiscuous: Bool?
    /// All multicast frames.
    public var allMulticast: Bool?
    /// Packets that may wait in its queue.
    public var transmitQueueLength: UInt32?
    /// Administrator's text, at most 255 bytes.
    public var alias: String?
    /// Of a bridge port: frames may leave by the port they came from.
    public var hairpin: Bool?
    /// Of a bridge port: no traffic to other isolated ports.
    public var isolated: Bool?

    /// Whether it tells its neighbours of its IPv4 addresses when it comes up: arp_notify.
    public var announcesAddresses: Bool?

    /// A change of nothing.
    public init() {}

    /// Whether every property is left as it is.
    public var changesNothing: Bool {
        up == nil && name == nil && address == nil && mtu == nil && master == nil && promiscuous == nil
            && allMulticast == nil && transmitQueueLength == nil && alias == nil && hairpin == nil && isolated == nil
            && announcesAddresses == nil
    }
}

/// VLANs of a bridge port: one, or a range that ends at `last`.
public struct BridgeVLAN: Hashable, Sendable {
    /// 1 to 4094.
    public var first: UInt16
    /// Equal to `first` for a single one.
    public var last: UInt16
    /// Untagged frames that come in belong to it.
    public var isPVID: Bool
    /// Frames of it go out without a tag.
    public var isUntagged: Bool

    /// Describes one VLAN or a range.
    public init(_ first: UInt16, through last: UInt16? = nil, isPVID: Bool = false, isUntagged: Bool = false) {
        self.first = first
        self.last = last ?? first
        self.isPVID = isPVID
        self.isUntagged = isUntagged
    }
}
