import PluginFirewall

/// Processes of this host that listen on a published port: the plugin obeys, as the reference does, and says so.
enum HostListeners {
    static func warn(about ports: [PublishedPort]) {
        for listener in HostListener.find(ports) {
            PortmapAttachment.warn(
                "a process of this host listens on \(listener): what comes to \(listener.port) now goes to the container"
            )
        }
    }
}
