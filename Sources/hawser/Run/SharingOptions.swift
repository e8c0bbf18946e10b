internal import ArgumentParser
internal import ContainerRunner

/// Which namespaces a container shares: the flags of `run` and `create` about it.
struct SharingOptions: ParsableArguments {
    @Option(help: "Whose processes it sees: private, host or container:NAME. [private]")
    var pid: String = ""

    @Option(help: "Whose semaphores, queues and shared memory it has: private, host or container:NAME. [private]")
    var ipc: String = ""

    @Option(help: "Whose host name: private, host or container:NAME. [private]")
    var uts: String = ""

    @Option(help: "Whose user ids: host, auto for a range of its own, or FIRST[:COUNT] of the host's. [host]")
    var userns: String = ""

    @Option(help: "Whose view of control groups: private or host. [private]")
    var cgroupns: String = ""

    /// The settings that these flags ask for.
    func settings() throws -> SharingSettings {
        var settings = SharingSettings()
        settings.pid = try SharingSettings.Mode(pid, option: "--pid")
        settings.ipc = try SharingSettings.Mode(ipc, option: "--ipc")
        settings.uts = try SharingSettings.Mode(uts, option: "--uts")
        settings.cgroup = try SharingSettings.Mode(cgroupns, option: "--cgroupns", containers: false)
        settings.identifiers = try SharingSettings.Identifiers(userns)
        return settings
    }
}
