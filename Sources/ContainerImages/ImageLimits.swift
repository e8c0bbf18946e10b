/// How large an image may be before it is refused: each bounds what a hostile one can cost.
public struct ImageLimits: Hashable, Sendable {
    /// Bytes of a document: an index, a manifest, a configuration.
    public var documentBytes = 4 << 20
    /// Levels of indexes within indexes; more than two are not made by any tool.
    public var indexDepth = 4
    /// Manifests of one source, those of other platforms included.
    public var manifests = 1000
    /// Layers of one image; docker's limit is 127, and an overlay's 500.
    public var layers = 128
    /// Files of one layer, or of an archive of images.
    public var entries = 1_000_000
    /// Bytes that one layer becomes, holes not counted.
    public var layerBytes: Int64 = 64 << 30
    /// Bytes of one file, holes included.
    public var fileBytes: Int64 = 1 << 40
    /// Bytes of one extended attribute: the kernel's XATTR_SIZE_MAX.
    public var attributeBytes = 65536

    /// The usual limits.
    public init() {}
}
