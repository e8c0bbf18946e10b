internal import ArgumentParser
internal import ContainerRunner
internal import ContainerShim
internal import LinuxSystem

/// What a container's command may do: the flags of `run` and `create` about it.
struct SecurityOptions: ParsableArguments {
    @Option(help: "Give a capability, as NET_ADMIN, or ALL.")
    var capAdd: [String] = []

    @Option(help: "Take a capability, or ALL.")
    var capDrop: [String] = []

    @Flag(help: "Let it do all that root may do on this host.")
    var privileged = false

    @Option(help: "no-new-privileges[=true|false], seccomp=FILE|unconfined, or unmask=ALL|PATH[:PATH...].")
    var securityOpt: [String] = []

    @Option(help: "Let a device of the host open inside: HOSTDEVICE[:DEVICE][:rwm].", completion: .file())
    var device: [String] = []

    @Option(help: "Limit the command: NAME=SOFT[:HARD], as nofile=1024:4096.")
    var ulimit: [String] = []

    @Option(help: "Set NAME=VALUE of its own namespaces, as net.ipv4.ip_forward=1.")
    var sysctl: [String] = []

    /// The settings that these flags ask for; files count from `directory`.
    func settings(relativeTo directory: String) throws -> SecuritySettings {
        var settings = SecuritySettings()
        settings.isPrivileged = privileged
        settings.forbidsNewPrivileges = !privileged
        settings.capabilities = try Capabilities.standard.changed(adding: capAdd, dropping: capDrop)
        for option in securityOpt { try settings.apply(option: option, relativeTo: directory) }
        settings.devices = try device.map { try DeviceMapping($0) }
        settings.limits = try ulimit.map { try UserLimit($0) }
        settings.sysctls = try sysctl.map { try LaunchPlan.Sysctl(option: $0) }
        return settings
    }
}
