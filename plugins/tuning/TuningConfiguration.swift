import Addressing
import CNI
import JSON
import LinuxSystem
import PluginKit
import RouteNetlink

/// The keys of the tuning plugin; README.md lists them.
struct TuningConfiguration {
    /// One kernel setting of the container: the path below /proc/sys, with IFNAME where the interface's name belongs.
    struct Setting: Hashable {
        let key: String
        let value: String
    }

    var settings: [Setting]
    /// What shall change of the interface.
    var link: LinkChange
    var dataDirectory: String

    /// MTU of an interface in bytes: 68 is the least that IPv4 allows (RFC 791).
    private static let mtuRange = 68...65535

    /// Settings of one object: each is compared with each, and a namespace has a few hundred.
    private static let settingLimit = 1024

    init(_ configuration: NetworkConfiguration) throws(CNIError) {
        let keys = configuration.keys
        let arguments = try configuration.conventionArguments()
        dataDirectory = try keys.string("dataDir", default: "")
        if dataDirectory.isEmpty { dataDirectory = "/run/cni/tuning" }
        settings = []
        link = LinkChange()
        for source in [keys, arguments] {
            guard let source else { continue }
            try readSettings(source)
        }
        // The later one wins: args.cni is asked for one container, the configuration for all.
        for source in [keys, arguments] {
            guard let source else { continue }
            if let address = try source.mac("mac") { link.address = address }
            if let value = try source.bool("promisc"), value { link.promiscuous = true }
            if let value = try source.bool("allmulti") { link.allMulticast = value }
            if let value = try TuningConfiguration.mtu(source) { link.mtu = value }
            if let value = try source.integer("txQLen", in: 0...Int(UInt32.max)) {
                link.transmitQueueLength = UInt32(value)
            }
        }
    }

    private static func mtu(_ keys: ConfigurationObject) throws(CNIError) -> UInt32? {
        guard let number = try keys.integer("mtu", in: 0...mtuRange.upperBound), number != 0 else { return nil }
        guard mtuRange.contains(number) else { throw keys.invalid("mtu", "it must be 0 or 68...65535") }
        return UInt32(number)
    }

    private mutating func readSettings(_ source: ConfigurationObject) throws(CNIError) {
        guard let table = try source.nested("sysctl") else { return }
        guard table.members.count <= TuningConfiguration.settingLimit else {
            throw source.invalid("sysctl", "at most \(TuningConfiguration.settingLimit) settings are allowed")
        }
        var own: [Setting] = []
        for (name, _) in table.members.members {
            guard let value = try table.string(name) else { continue }
            let key = try TuningConfiguration.path(name, table)
            guard !own.contains(where: { $0.key == key }) else {
                throw table.invalid(name, "another key names the same setting, \(key)")
            }
            own.append(Setting(key: key, value: value))
        }
        settings = settings.filter { setting in !own.contains { $0.key == setting.key } } + own
    }

    /// "net.ipv4.conf.IFNAME.arp_notify" as a path.
    ///
    /// A name with slashes is one already, and may have dots in a component.
    private static func path(_ name: String, _ table: ConfigurationObject) throws(CNIError) -> String {
        let dot = UInt8(ascii: ".")
        let slash = UInt8(ascii: "/")
        let bytes = Array(name.utf8)
        let path = bytes.contains(slash) ? bytes : bytes.map { $0 == dot ? slash : $0 }
        let text = String(decoding: path, as: UTF8.self)
        for component in path.split(separator: slash, omittingEmptySubsequences: false) {
            let isClean = component.allSatisfy { $0 > 0x20 && $0 < 0x7f }
            guard !component.isEmpty, isClean, !component.elementsEqual([dot]), !component.elementsEqual([dot, dot])
            else {
                throw table.invalid(name, "it must be the name of a kernel setting, as net.ipv4.conf.IFNAME.arp_notify")
            }
        }
        guard text.hasPrefix("net/") else {
            throw table.invalid(name, "only settings of the network namespace can be changed: net.*")
        }
        return text
    }
}

extension TuningConfiguration.Setting {
    /// The path for an interface, IFNAME replaced wherever it is a whole component.
    func path(for interface: String) -> String {
        key.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0 == "IFNAME" ? interface : String($0) }
            .joined(separator: "/")
    }
}

/// Which settings may be changed: one regular expression a line, matched against "net.ipv4.conf.IFNAME.arp_notify".
enum TuningAllowList {
    static let path = "/etc/cni/tuning/allowlist.conf"
    private static let limit = 1 << 20  // bytes

    /// Code 7 naming the first setting that is not allowed; without the file all are.
    static func check(_ settings: [TuningConfiguration.Setting]) throws(CNIError) {
        guard !settings.isEmpty else { return }
        let content = try attemptFile("read \(path)") { () throws(SystemError) in
            try Files.readIfPresent(path, limit: limit)
        }
        guard let content else { return }
        let lines = content.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
        for setting in settings {
            let name = setting.key.split(separator: "/").joined(separator: ".")
            var isAllowed = false
            for line in lines where !line.hasPrefix("#") {
                guard let matches = TextPattern.matches(line, in: name) else {
                    throw .invalidConfiguration("\(path): \"\(line)\" is not a regular expression")
                }
                if matches { isAllowed = true }
            }
            guard isAllowed else {
                throw .invalidConfiguration(
                    "\"sysctl.\(name)\" is not allowed on this host", details: "no line of \(path) matches it")
            }
        }
    }
}
