internal import ArgumentParser
internal import ContainerRunner

/// Resolvers and host names of a container: the flags of `run` and `create` about them.
struct NameOptions: ParsableArguments {
    @Option(help: "A name server, instead of those of networks and host.")
    var dns: [String] = []

    @Option(help: "A domain to search; \".\" for none.")
    var dnsSearch: [String] = []

    @Option(help: "An option of resolv.conf.")
    var dnsOption: [String] = []

    @Option(help: "An entry of /etc/hosts: NAME:ADDRESS, or NAME:host-gateway.")
    var addHost: [String] = []

    @Flag(help: "Leave hosts, hostname and resolv.conf of the root as they are.")
    var noHosts = false

    /// The settings that these flags ask for.
    func settings() -> NameSettings {
        var settings = NameSettings()
        settings.servers = dns
        settings.search = dnsSearch
        settings.options = dnsOption
        settings.hosts = addHost
        settings.writesFiles = !noHosts
        return settings
    }
}
