internal import JSON

/// A reference to a file of an image by its content: OCI image-spec, descriptor.md.
package struct Descriptor: Hashable {
    let mediaType: String
    package let digest: ImageDigest
    package let size: Int64
    let platform: Platform?
    /// What the image is called, in full or by its tag alone.
    package let names: [String]

    init(_ reader: DocumentReader) throws(ImageError) {
        mediaType = try reader.string("mediaType") ?? ""
        digest = try reader.digest("digest")
        guard let size = try reader.integer("size") else {
            throw ImageError(reader.subject, reader.entry, .malformed("a descriptor has no size"))
        }
        self.size = size
        platform = try reader.object("platform").flatMap { Platform($0.members) }
        let annotations = try reader.object("annotations")
        var names: [String] = []
        for key in ["io.containerd.image.name", "org.opencontainers.image.ref.name"] {
            if let name = try annotations?.string(key), !name.isEmpty, !names.contains(name) { names.append(name) }
        }
        self.names = names
    }

    /// Where an OCI layout has it.
    package var path: String { "blobs/sha256/\(digest.hex)" }

    var isIndex: Bool {
        ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"]
            .contains(mediaType)
    }

    var isManifest: Bool {
        ["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"]
            .contains(mediaType)
    }
}

/// A list of images, or of one image for several platforms: OCI image-spec, image-index.md.
package struct ImageIndex: Hashable {
    package let manifests: [Descriptor]

    package init(_ bytes: [UInt8], _ subject: String, _ entry: String) throws(ImageError) {
        let reader = try DocumentReader(bytes, subject, entry)
        var manifests: [Descriptor] = []
        for manifest in try reader.objects("manifests") { manifests.append(try Descriptor(manifest)) }
        self.manifests = manifests
    }
}

/// The parts of one image: OCI image-spec, manifest.md.
package struct ImageManifest: Hashable {
    package let configuration: Descriptor
    package let layers: [Descriptor]

    package init(_ bytes: [UInt8], _ subject: String, _ entry: String) throws(ImageError) {
        let reader = try DocumentReader(bytes, subject, entry)
        guard let configuration = try reader.object("config") else {
            throw ImageError(subject, entry, .malformed("it has no config: it is no image's manifest"))
        }
        self.configuration = try Descriptor(configuration)
        var layers: [Descriptor] = []
        for layer in try reader.objects("layers") { layers.append(try Descriptor(layer)) }
        self.layers = layers
        for layer in layers where layer.mediaType.hasSuffix("+encrypted") {
            throw ImageError(subject, entry, .unsupported("layer \(layer.digest) is encrypted"))
        }
    }
}

/// One image of docker save's manifest.json.
package struct SavedImage: Hashable {
    /// The configuration's path.
    package let configuration: String
    /// The layers' paths, lowest first.
    package let layers: [String]
    /// Its names.
    package let names: [String]

    package static func list(_ bytes: [UInt8], _ subject: String, _ entry: String) throws(ImageError) -> [SavedImage] {
        let value = try DocumentReader.parse(bytes, subject, entry)
        guard let elements = value.array else {
            throw ImageError(
                subject, .notAnImage("its manifest.json is \(value.typeName), not a list of images"))
        }
        var images: [SavedImage] = []
        for element in elements {
            guard let object = element.object else {
                throw ImageError(subject, entry, .malformed("\(element.excerpt()) is not an image"))
            }
            let reader = DocumentReader(object, subject, entry)
            guard let configuration = try reader.string("Config") else {
                throw ImageError(subject, entry, .malformed("an image has no Config"))
            }
            images.append(
                SavedImage(
                    configuration: configuration, layers: try reader.strings("Layers"),
                    names: try reader.strings("RepoTags")))
        }
        return images
    }
}
