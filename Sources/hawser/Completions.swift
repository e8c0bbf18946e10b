internal import ArgumentParser
internal import CNIRuntime
internal import ContainerImages
internal import ContainerRunner
internal import LinuxSystem

/// What a shell offers for an argument: asked of this program, at the places that the environment names.
enum Completions {
    /// Names of containers.
    static let containers = CompletionKind.custom { _, _, _ in
        allContainers().map(\.specification.name)
    }

    /// Names of containers that run.
    static let running = CompletionKind.custom { _, _, _ in
        allContainers().filter { $0.live != nil }.map(\.specification.name)
    }

    /// Names of images.
    static let images = CompletionKind.custom { _, _, _ in
        ((try? PlaceOptions.parse([]).images().images()) ?? []).flatMap(\.names)
    }

    /// Names of configured networks.
    static let networks = CompletionKind.custom { _, _, _ in
        networkNames()
    }

    /// What --network takes: networks, the two that need no configuration, and namespaces of containers.
    static let networkModes = CompletionKind.custom { _, _, _ in
        Set(["none", "host"] + networkNames()).sorted()
            + allContainers().filter { $0.live != nil }.map { "container:\($0.specification.name)" }
    }

    private static func allContainers() -> [Container] { (try? PlaceOptions.parse([]).runner().containers()) ?? [] }

    private static func networkNames() -> [String] {
        ((try? NetworkTool(PlaceOptions.parse([]).paths()).networks().entries) ?? []).map(\.list.name)
    }
}
