internal import ArgumentParser
internal import ContainerImages
internal import ContainerRunner
internal import LinuxSystem

/// What a container finds in its file system: the flags of `run` and `create` about it.
struct RootOptions: ParsableArguments {
    @Option(
        help: "A directory to be the root; with \":O\" what is written goes to a layer above it.",
        completion: .directory)
    var rootfs: String?

    @Option(
        help: "An image: a file or directory to load it from, or the name of one that is loaded.", completion: .file())
    var image: String?

    @Option(help: "Show a further path of the host, read-only.", completion: .file())
    var exposeHost: [String] = []

    @Flag(help: "Make the root read-only.")
    var readOnly = false

    @Option(name: .shortAndLong, help: "Show a path of the host: HOSTPATH:PATH[:ro|rw][,rslave].", completion: .file())
    var volume: [String] = []

    @Option(help: "A mount: type=bind|tmpfs,source=HOSTPATH,target=PATH[,readonly][,tmpfs-size=SIZE].")
    var mount: [String] = []

    @Option(help: "A file system in memory: PATH[:size=SIZE,mode=MODE,exec,...].")
    var tmpfs: [String] = []

    /// Adds what these flags ask for; paths count from `directory`.
    func apply(to specification: inout ContainerSpecification, relativeTo directory: String) throws {
        if let rootfs {
            specification.root.source = try RootSettings.directory(rootfs, relativeTo: directory)
        }
        if let image, rootfs != nil {
            throw RunnerError.invalid(option: "--image", value: image, expected: "possible together with --rootfs")
        }
        guard exposeHost.isEmpty || rootfs == nil && image == nil else {
            throw RunnerError.invalid(
                option: "--expose-host", value: exposeHost[0], expected: "possible with a root that is not the host's")
        }
        specification.root.exposed = exposeHost
        specification.root.isReadOnly = readOnly
        specification.root.memory = try tmpfs.map { try TmpfsMount($0) }
        specification.volumes = try volume.map { try VolumeMount($0, relativeTo: directory) }
        for text in mount {
            switch try MountOption(text, relativeTo: directory) {
            case .bind(let volume): specification.volumes.append(volume)
            case .memory(let memory): specification.root.memory.append(memory)
            }
        }
    }
}

extension PlaceOptions {
    /// The image that `--image` means, loaded if need be.
    func image(for text: String) throws -> Image {
        do throws(ImageError) {
            return try images().image(for: text)
        } catch {
            throw RunnerError.notStarted(code: 125, reason: "--image \(error)")
        }
    }
}

extension Image {
    /// The image as a container's root.
    func source(asked text: String) -> RootSettings.Source {
        .image(name: names.first ?? text, id: id.hex, layers: layerDirectories)
    }
}

extension String {
    /// Nil for no text.
    var nonEmpty: String? { isEmpty ? nil : self }
}
