import ContainerImages
import JSON
import LinuxSystem

/// Documents that come with an image, of each kind: what is accepted keeps what a store and a container rely on.
func fuzzImage(_ bytes: [UInt8]) {
    do {
        let configuration = try ImageConfiguration(bytes, of: "image", entry: "config")
        let texts =
            configuration.environment + configuration.command + configuration.entrypoint + configuration.volumes
            + [configuration.user, configuration.workingDirectory, configuration.stopSignal]
        precondition(texts.allSatisfy { !$0.utf8.contains(0) }, "a text that the kernel would cut")
        precondition(configuration.environment.allSatisfy { $0.utf8.contains(0x3d) }, "a variable without a value")
        for port in configuration.exposedPorts {
            precondition(port.ports.lowerBound > 0, "port 0")
            precondition(ImageConfiguration.ExposedPort(port.description) == port, "a port written is another")
        }
        precondition(
            (try? JSONValue.parse(configuration.json.encoded())) == configuration.json, "what inspect shows is no JSON")
    } catch { check(error) }
    do { for descriptor in try ImageIndex(bytes, "image", "index").manifests { check(descriptor) } } catch {
        check(error)
    }
    do {
        let manifest = try ImageManifest(bytes, "image", "manifest")
        check(manifest.configuration)
        for layer in manifest.layers { check(layer) }
    } catch { check(error) }
    do {
        for image in try SavedImage.list(bytes, "image", "manifest.json") {
            let paths = [image.configuration] + image.layers
            for path in paths.compactMap({ TreePath(Array($0.utf8)) }) { check(path) }
            for name in image.names.compactMap({ ImageName($0) }) {
                precondition(ImageName(name.description) == name, "a name written is another")
            }
        }
    } catch { check(error) }
    if let path = TreePath(bytes) { check(path) }
    if let name = ImageName(String(decoding: bytes, as: UTF8.self)) {
        precondition(ImageName(name.description) == name, "a name written is another")
    }
}

private func check(_ descriptor: Descriptor) {
    precondition(descriptor.size >= 0, "a size below zero")
    precondition(TreePath(Array(descriptor.path.utf8))?.components.count == 3, "a blob elsewhere")
}

private func check(_ path: TreePath) {
    for name in path.components {
        precondition(!name.isEmpty && name.count <= 255 && name != [0x2e] && name != [0x2e, 0x2e], "no name of a file")
        precondition(!name.contains(0) && !name.contains(0x2f), "a name of several files")
    }
}

private func check(_ error: ImageError) {
    let text = error.description
    precondition(text.hasPrefix("image image: "), "an error that does not say where")
    precondition(
        text.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) }, "a terminal's control")
}
