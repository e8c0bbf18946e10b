internal import JSON

/// For which machines an image is: OCI's words, which are Go's.
public struct Platform: Hashable, Sendable, CustomStringConvertible {
    /// As "linux".
    public let system: String
    /// As "amd64".
    public let architecture: String
    /// As "v8"; empty when it does not matter.
    public let variant: String

    /// A platform of these words.
    public init(system: String, architecture: String, variant: String = "") {
        self.system = system
        self.architecture = architecture
        self.variant = variant
    }

    /// Reads a descriptor's `platform`, or the beginning of a configuration; nil when neither member is there.
    init?(_ members: JSONObject) {
        guard let system = members["os"]?.string, let architecture = members["architecture"]?.string else { return nil }
        self.init(system: system, architecture: architecture, variant: members["variant"]?.string ?? "")
    }

    /// This machine's, by what this program was built for.
    public static var current: Platform {
        #if arch(x86_64)
        Platform(system: "linux", architecture: "amd64")
        #elseif arch(arm64)
        Platform(system: "linux", architecture: "arm64", variant: "v8")
        #elseif arch(riscv64)
        Platform(system: "linux", architecture: "riscv64")
        #elseif arch(powerpc64le)
        Platform(system: "linux", architecture: "ppc64le")
        #elseif arch(s390x)
        Platform(system: "linux", architecture: "s390x")
        #elseif arch(arm)
        Platform(system: "linux", architecture: "arm", variant: "v7")
        #elseif arch(i386)
        Platform(system: "linux", architecture: "386")
        #endif
    }

    /// Whether what is made for this platform runs on `machine`; a variant that one of them does not name matches any.
    public func runs(on machine: Platform) -> Bool {
        system == machine.system && architecture == machine.architecture
            && (variant.isEmpty || machine.variant.isEmpty || variant == machine.variant)
    }

    /// As "linux/arm64/v8".
    public var description: String {
        [system, architecture, variant].filter { !$0.isEmpty }.joined(separator: "/")
    }
}
