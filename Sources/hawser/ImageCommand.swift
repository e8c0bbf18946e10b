internal import ArgumentParser
internal import ContainerImages
internal import ContainerRunner
internal import JSON
internal import LinuxSystem

/// `hawser image`.
struct ImageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Images that containers are made of: files, not a registry.",
        discussion: """
            An image comes from a directory or a tar file: an OCI image layout (skopeo copy … oci:DIR, podman save --format \
            oci-archive), or what docker save and podman save write, plain or compressed by gzip or zstd. Its layers are \
            unpacked once, below the state directory, and shared by all containers.
            """,
        subcommands: [ImageListCommand.self, ImageLoadCommand.self, ImageRemoveCommand.self, ImageInspectCommand.self])
}

/// `hawser image ls`.
struct ImageListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List images.", usage: "hawser image ls [--quiet | --json]", aliases: ["list"])

    @Flag(name: .shortAndLong, help: "Only ids.")
    var quiet = false

    @Flag(help: "Print JSON: everything that inspect shows.")
    var json = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    func run() throws {
        let images = try places.images().images()
        if json {
            try writeLine(JSONValue.array(images.map(\.json)).text(.indented(4, sortedKeys: false)))
        } else if quiet {
            for image in images { try writeLine(image.id.short) }
        } else {
            try writeLine(table(images))
        }
    }

    private func table(_ images: [Image]) -> String {
        var table = TextTable(["REPOSITORY", "TAG", "IMAGE ID", "LAYERS", "SIZE", "COMMAND"])
        for image in images {
            let settings = image.configuration
            let command = (settings.entrypoint + settings.command).excerpt(40)
            for name in image.names.isEmpty ? [nil] : image.names.map({ ImageName($0) }) {
                table.add([
                    name?.repository ?? "<none>", name?.tag ?? "<none>", image.id.short,
                    String(image.layerDirectories.count), Self.size(image.size), command,
                ])
            }
        }
        return table.text
    }

    /// Docker's way of writing sizes: decimal, three digits.
    static func size(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 {
                return (value < 10 && unit != "B" ? tenths(value) : String(Int64(value.rounded()))) + unit
            }
            value /= 1000
        }
        return tenths(value) + "TB"
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

/// `hawser image load`.
struct ImageLoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Unpack the images of a file or directory.",
        usage: "hawser image load [--name NAME] FILE|DIR[:TAG]|-")

    @Option(help: "One more name for the image: NAME[:TAG].")
    var name: String?

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(
        help: "A directory or tar file; TAG chooses one of several images; - is standard input.", completion: .file())
    var source: String

    func run() throws {
        if let name, ImageName(name) == nil {
            throw ImageError("load: --name", name, .malformed("it is not NAME[:TAG] in lower case"))
        }
        guard let (path, tag) = source == "-" ? ("-", nil) : ImageStore.split(source) else {
            throw ImageError(source, .missing)
        }
        for image in try places.images().load(from: path, tag: tag, name: name) {
            if let platform = image.configuration.platform, !platform.runs(on: .current) {
                StandardStreams.writeError(
                    "hawser: note: \(image.label) is for \(platform), and this machine is \(Platform.current)\n")
            }
            try writeLine(([image.id.description] + image.names).joined(separator: " "))
        }
    }
}

/// `hawser image rm`.
struct ImageRemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove names and images, and layers that nothing else needs.",
        usage: "hawser image rm [--force] IMAGE ...")

    @Flag(
        name: .shortAndLong, help: "Also an image that has several names, or that containers use: they keep its layers."
    )
    var force = false

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.images)
    var images: [String]

    func run() throws {
        let store = places.images()
        var failed = false
        for image in images {
            do {
                let removal = try store.remove(image, force: force)
                for name in removal.names { try writeLine("removed the name \(name)") }
                if let id = removal.image { try writeLine("removed \(id)") }
            } catch let error as ImageError {
                StandardStreams.writeError("hawser: \(error)\n")
                failed = true
            }
        }
        if failed { throw ExitCode(1) }
    }
}

/// `hawser image inspect`.
struct ImageInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Print everything about images, as JSON.",
        usage: "hawser image inspect IMAGE ...")

    @OptionGroup(visibility: .hidden)
    var places: PlaceOptions

    @Argument(help: "Names or ids.", completion: Completions.images)
    var images: [String]

    func run() throws {
        let store = places.images()
        let found = try images.map { try store.require($0).json }
        try writeLine(JSONValue.array(found).text(.indented(4, sortedKeys: false)))
    }
}

extension PlaceOptions {
    /// The images of the state directory.
    func images() -> ImageStore { ImageStore(stateDirectory: paths().stateDirectory) }
}

extension [String] {
    /// A command on one line of so many characters.
    fileprivate func excerpt(_ width: Int) -> String {
        let text = joined(separator: " ").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.count <= width ? text : text.prefix(width - 1) + "…"
    }
}
