import Addressing

/// What is accepted as an address is printed so that it reads back as the same, and its parts agree with each other.
func fuzzAddressing(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let address = IPAddress(text) {
        precondition(IPAddress(address.description) == address, "a printed address is another")
        precondition(IPAddress(bytes: address.bytes) == address, "an address of its own bytes is another")
        if let next = address.advanced(by: 1) {
            precondition(next > address && next.advanced(by: -1) == address, "the way back leads elsewhere")
        }
    }
    if let network = IPNetwork(text) {
        precondition(IPNetwork(network.description) == network, "a printed network is another")
        precondition(network.contains(network.address) && network.contains(network.first), "not in its own network")
        precondition(network.contains(network.last) && network.first <= network.last, "the last address is outside")
        precondition(network.last.advanced(by: 1).map { !network.contains($0) } ?? true, "the last is not the last")
        precondition(network.overlaps(network.network) && network.network.isNetwork, "it does not overlap itself")
    }
    if let address = MACAddress(text) {
        precondition(MACAddress(address.description) == address, "a printed MAC address is another")
        precondition(MACAddress(bytes: address.bytes) == address, "a MAC address of its own bytes is another")
    }
}
