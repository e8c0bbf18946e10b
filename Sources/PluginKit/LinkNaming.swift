public import Addressing
internal import LinuxSystem
public import RouteNetlink

/// Names and hardware addresses of the interfaces that plugins make.
public enum LinkNaming {
    /// The host's end of an attachment: "veth" and eleven hexadecimal digits of a hash of the attachment.
    ///
    /// It follows from the attachment alone, so that DEL and GC find the link without any record, and two attachments of one
    /// container never share it. 44 bits: two of 2,000 attachments meet once in nine million hosts, and then the second ADD
    /// is refused.
    public static func hostEnd(network: String, containerID: String, interface: String) -> LinkName {
        let digits = Digest.sha256Hex("\(network)/\(containerID)/\(interface)", digits: 11)
        guard let name = LinkName("veth\(digits)") else { preconditionFailure("fifteen letters and digits are a name") }
        return name
    }

    /// Whether a link has a name as `hostEnd` gives it.
    public static func isHostEnd(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard bytes.count == 15, hasPrefix(name, "veth") else { return false }
        return bytes[4...].allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
    }

    /// A random unicast address of the locally administered range.
    public static func randomAddress() -> MACAddress { MACAddress.locallyAdministered(random: Random.uint64()) }
}
