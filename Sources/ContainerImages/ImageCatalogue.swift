/// What images a source has, before any of their layers is touched.
struct ImageCatalogue {
    /// One image that could be loaded.
    struct Candidate {
        /// As the source calls it.
        let names: [String]
        let origin: Origin

        /// How it is described.
        enum Origin {
            /// By manifests, for one platform each, or indexes of such.
            case layout([Descriptor])
            /// By an entry of docker save's list.
            case saved(SavedImage)
        }

        /// For messages.
        var label: String {
            if let name = names.first { return name }
            return switch origin {
            case .layout(let descriptors): descriptors.first?.digest.description ?? ""
            case .saved(let image): image.configuration
            }
        }

        /// Whether a tag, a name, or a digest's beginning means it.
        func isMeant(by text: String) -> Bool {
            let name = ImageName(text)
            for own in names where own == text || name != nil && ImageName(own) == name { return true }
            for own in names where ImageName(own)?.tag == text { return true }
            guard case .layout(let descriptors) = origin else { return false }
            return descriptors.contains { $0.digest.description == text }
        }
    }

    /// One image with everything that is needed to unpack it.
    struct Selected {
        /// What it is called on this host, besides names that a person gives.
        let names: [String]
        /// The configuration's digest: the image's id.
        let id: ImageDigest
        let configurationBytes: [UInt8]
        let configuration: ImageConfiguration
        let layers: [Layer]
    }

    /// One layer's archive.
    struct Layer {
        /// Its place in the source.
        let path: String
        /// The digest of the archive as it is stored, where that is known.
        let digest: ImageDigest?
        let size: Int64?
        /// The digest of what it is uncompressed.
        let content: ImageDigest
    }

    let source: any ImageSource
    let limits: ImageLimits
    let candidates: [Candidate]

    init(_ source: any ImageSource, _ limits: ImageLimits) throws(ImageError) {
        self.source = source
        self.limits = limits
        if try source.document("oci-layout", limits) != nil {
            candidates = try Self.layout(source, limits)
        } else if let list = try source.document("manifest.json", limits) {
            candidates = try SavedImage.list(list, source.path, "manifest.json")
                .map { Candidate(names: $0.names, origin: .saved($0)) }
        } else {
            throw ImageError(source.path, .notAnImage("it has neither oci-layout nor manifest.json"))
        }
        guard !candidates.isEmpty else { throw ImageError(source.path, .malformed("there is no image in it")) }
        guard candidates.count <= limits.manifests else {
            throw ImageError(source.path, .tooLarge("more than \(limits.manifests) images"))
        }
    }

    /// An OCI layout's images: what one name means for several platforms is one image.
    private static func layout(_ source: any ImageSource, _ limits: ImageLimits) throws(ImageError) -> [Candidate] {
        guard let index = try source.document("index.json", limits) else {
            throw ImageError(source.path, "index.json", .missing)
        }
        var candidates: [Candidate] = []
        for descriptor in try ImageIndex(index, source.path, "index.json").manifests {
            let same = candidates.firstIndex { candidate in
                guard candidate.names == descriptor.names, case .layout(let others) = candidate.origin else {
                    return false
                }
                return descriptor.platform != nil && others.allSatisfy { $0.platform != nil }
            }
            if let same, case .layout(let others) = candidates[same].origin {
                candidates[same] = Candidate(names: descriptor.names, origin: .layout(others + [descriptor]))
            } else {
                candidates.append(Candidate(names: descriptor.names, origin: .layout([descriptor])))
            }
        }
        return candidates
    }

    /// The images that a tag or name means; all of them without one.
    func matching(_ text: String?) throws(ImageError) -> [Candidate] {
        guard let text else { return candidates }
        let found = candidates.filter { $0.isMeant(by: text) }
        guard !found.isEmpty else {
            let names = candidates.map(\.label).joined(separator: ", ")
            throw ImageError(source.path, .malformed("it has no image \"\(text)\"; it has \(names)"))
        }
        return found
    }

    /// Reads an image's manifest and configuration, for the machine's platform.
    func select(_ candidate: Candidate, for machine: Platform) throws(ImageError) -> Selected {
        switch candidate.origin {
        case .saved(let image): return try select(image)
        case .layout(let descriptors):
            var budget = limits.manifests
            var seen: [String] = []
            guard let manifest = try find(descriptors, machine, limits.indexDepth, &budget, &seen) else {
                throw ImageError(
                    source.path, candidate.names.first ?? "", .noPlatform(wanted: machine, available: seen))
            }
            // A tag alone, as layouts may have it, names nothing on this host.
            return try select(manifest, names: candidate.names.filter { $0.contains("/") || $0.contains(":") })
        }
    }

    /// The first manifest that runs on the machine; one that does not say for which it is counts when no other does.
    private func find(
        _ descriptors: [Descriptor], _ machine: Platform, _ depth: Int, _ budget: inout Int, _ seen: inout [String]
    ) throws(ImageError) -> Descriptor? {
        guard depth > 0 else {
            throw ImageError(source.path, .tooLarge("indexes within indexes, \(limits.indexDepth) deep"))
        }
        let fitting = descriptors.filter { $0.platform?.runs(on: machine) ?? false }
        let others = descriptors.filter { $0.platform == nil }
        for descriptor in descriptors {
            if let platform = descriptor.platform, !platform.runs(on: machine) { seen.append(platform.description) }
        }
        for descriptor in fitting + others {
            budget -= 1
            guard budget >= 0 else {
                throw ImageError(source.path, .tooLarge("more than \(limits.manifests) manifests"))
            }
            if descriptor.isIndex {
                let bytes = try source.document(descriptor, limits)
                let index = try ImageIndex(bytes, source.path, descriptor.path)
                if let found = try find(index.manifests, machine, depth - 1, &budget, &seen) { return found }
            } else if descriptor.isManifest || descriptor.mediaType.isEmpty {
                return descriptor
            } else {
                seen.append(descriptor.mediaType)
            }
        }
        return nil
    }

    private func select(_ descriptor: Descriptor, names: [String]) throws(ImageError) -> Selected {
        let bytes = try source.document(descriptor, limits)
        let manifest = try ImageManifest(bytes, source.path, descriptor.path)
        let configurationBytes = try source.document(manifest.configuration, limits)
        let layers = manifest.layers.map { (path: $0.path, digest: ImageDigest?($0.digest), size: Int64?($0.size)) }
        return try assemble(
            names: names, configurationBytes, at: manifest.configuration.path, manifest.configuration.digest, layers)
    }

    private func select(_ image: SavedImage) throws(ImageError) -> Selected {
        guard let bytes = try source.document(image.configuration, limits) else {
            throw ImageError(source.path, image.configuration, .missing)
        }
        let id = ImageDigest(of: bytes)
        // The file is named by its digest, with or without ".json", below blobs/sha256 or not.
        if let promised = Self.promisedDigest(image.configuration), promised != id {
            throw ImageError(source.path, image.configuration, .digest(expected: promised, found: id))
        }
        let layers = image.layers.map { path in
            // Elsewhere a layer's name says other things: an id of docker's own, the digest of its content.
            (path: path, digest: path.hasPrefix("blobs/sha256/") ? Self.promisedDigest(path) : nil, size: Int64?.none)
        }
        return try assemble(names: image.names, bytes, at: image.configuration, id, layers)
    }

    private static func promisedDigest(_ path: String) -> ImageDigest? {
        let name = path.split(separator: "/").last ?? ""
        return ImageDigest(hex: String(name.split(separator: ".").first ?? ""))
    }

    private func assemble(
        names: [String], _ bytes: [UInt8], at path: String, _ id: ImageDigest,
        _ layers: [(path: String, digest: ImageDigest?, size: Int64?)]
    ) throws(ImageError) -> Selected {
        let configuration = try ImageConfiguration(bytes, of: source.path, entry: path)
        guard layers.count == configuration.layers.count else {
            throw ImageError(
                source.path, path,
                .malformed("it lists \(configuration.layers.count) layers, and the manifest \(layers.count)"))
        }
        guard layers.count <= limits.layers else {
            throw ImageError(
                source.path, path, .tooLarge("\(layers.count) layers; at most \(limits.layers) are allowed"))
        }
        return Selected(
            names: names, id: id, configurationBytes: bytes, configuration: configuration,
            layers: zip(layers, configuration.layers).map { layer, content in
                Layer(path: layer.path, digest: layer.digest, size: layer.size, content: content)
            })
    }
}
