// swift-tools-version: 6.2
import PackageDescription

/// Set when the plugins are built to be shipped, to the toolchain's directory of Embedded Swift; unset, the same sources
/// build as ordinary Swift, together with the tools and the tests (docs/decisions.md, "Embedded Swift").
///
/// `scripts/build` sets it; each mode has its own scratch path.
let embedded = Context.environment["EMBEDDED"]

/// A warning is an error, in the sources and in the tests: the toolchain is pinned.
let house: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// What makes the plugins small; `scripts/build` has the rest, the link-time optimisation.
///
/// The passes that copy a function for each closure it is given are off, and traps of one function share an instruction.
/// The object outliner is off: it numbers the constant arrays of a function in the order in which one module happened to
/// optimise it, and every module that uses the function emits them anew under the same names, so that the linker joins one
/// module's code with another's arrays (Swift 6.3.1; seen as keys of the wrong type in nf_tables sets).
let small: [SwiftSetting] = [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(
        ["-Osize", "-gline-tables-only", "-Xfrontend", "-mergeable-traps"]
            + ["-Xcc", "-fno-asynchronous-unwind-tables", "-Xcc", "-fno-unwind-tables"]
            + ["object-outliner", "closure-specialize", "capture-prop"].flatMap {
                ["-Xllvm", "-sil-disable-pass=\($0)"]
            }),
]

/// What ships as Embedded Swift.
///
/// The diagnostic group makes an ordinary build refuse most of what Embedded would.
let shipped: [SwiftSetting] =
    house
    + (embedded == nil
        ? [.treatWarning("EmbeddedRestrictions", as: .error)]
        : small + [.unsafeFlags(["-Xfrontend", "-import-module", "-Xfrontend", "OutlinedText"])])

/// Nothing unwinds: without the tables for it a plugin is a tenth smaller.
///
/// One C file that had them would bring back those of all.
let smallC: [CSetting] =
    embedded == nil ? [] : [.unsafeFlags(["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"])]

let outlined: [Target.Dependency] = embedded == nil ? [] : ["OutlinedText", "CScalarText"]

/// Identical functions are folded, sequences of instructions that recur become functions, and relocations are packed.
///
/// No shared library is loaded for the sake of a 128-bit shift or a rounding, nor one that a plugin's code does not reach:
/// each costs a tenth of a start.
let shippedLink: [LinkerSetting] =
    embedded == nil
    ? []
    : [
        .unsafeFlags(
            ["-use-ld=lld", "-Xclang-linker", "-static-libgcc"]
                + [
                    "--icf=all", "-z", "pack-relative-relocs", "-mllvm", "-inline-threshold=0",
                    "-mllvm", "-enable-machine-outliner=always", "--as-needed", "-lm",
                    "-lmnl", "-lnftnl", "-lseccomp",
                ].flatMap { ["-Xlinker", $0] })
    ]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies + outlined, swiftSettings: shipped)
}

/// One plugin: the folder `plugins/<name>`, built as the executable `<name>` from the module `<Module>`.
struct PluginTarget {
    let name: String
    let module: String
    let dependencies: [Target.Dependency]

    init(_ name: String, _ module: String, _ dependencies: [Target.Dependency]) {
        self.name = name
        self.module = module
        self.dependencies = dependencies
    }

    var target: Target {
        .executableTarget(
            name: module, dependencies: dependencies + outlined, path: "plugins/\(name)", exclude: ["README.md"],
            swiftSettings: shipped, linkerSettings: shippedLink)
    }
    var product: Product { .executable(name: name, targets: [module]) }
}

let kit: [Target.Dependency] = ["PluginKit", "CNI"]
let fullKit = kit + ["JSON", "Addressing", "LinuxSystem", "RouteNetlink"]
let plugins = [
    PluginTarget("bridge", "BridgePlugin", fullKit + ["PluginFirewall"]),
    PluginTarget("none", "NonePlugin", kit),
    PluginTarget("host", "HostPlugin", kit + ["Addressing", "LinuxSystem", "RouteNetlink"]),
    PluginTarget("loopback", "LoopbackPlugin", kit),
    PluginTarget("host-local", "HostLocalPlugin", kit),
    PluginTarget("static", "StaticPlugin", kit),
    PluginTarget("tuning", "TuningPlugin", fullKit),
    PluginTarget("portmap", "PortmapPlugin", fullKit + ["PluginFirewall"]),
    PluginTarget("firewall", "FirewallPlugin", fullKit + ["PluginFirewall"]),
]

let foundation: [Target] = [
    // C: constants and structures (CLinuxABI), libc and shims (CLinux), and one module per system library.
    .target(name: "CLinuxABI", cSettings: smallC),
    .target(name: "CLinux", cSettings: smallC),
    // Linked by their module maps, and in the Embedded build by `shippedLink`: what pkg-config says would stand before
    // `--as-needed`, and a plugin would load a library that it does not use.
    .systemLibrary(name: "CLibmnl"),
    .systemLibrary(name: "CLibnftnl"),
    .systemLibrary(name: "CLibseccomp"),
    // Level 0.
    .target(name: "CScalarText", cSettings: smallC),
    .target(name: "OutlinedText", swiftSettings: house + (embedded == nil ? [] : small)),
    library("Addressing", []),
    library("JSON", []),
    library("LinuxSystem", ["CLinux"]),
    // Level 1.
    library("Netlink", ["LinuxSystem", "CLinuxABI", "CLibmnl"]),
    library("IPAM", ["Addressing", "LinuxSystem"]),
    library("CNI", ["Addressing", "JSON", "LinuxSystem"]),
    library("ContainerShim", ["JSON", "LinuxSystem"]),
    library("Seccomp", ["JSON", "LinuxSystem", "CLibseccomp"]),
    library("ControlGroups", ["JSON", "LinuxSystem"]),
    library("OCIRuntime", ["ControlGroups", "Seccomp", "JSON", "LinuxSystem"]),
    // Level 2.
    library("RouteNetlink", ["Netlink", "LinuxSystem", "Addressing", "CLinuxABI"]),
    library("Nftables", ["Netlink", "LinuxSystem", "Addressing", "CLinuxABI", "CLibnftnl"]),
    // Level 3.
    library("PluginKit", ["CNI", "IPAM", "RouteNetlink", "LinuxSystem", "JSON", "Addressing"]),
    library(
        "PluginFirewall",
        ["PluginKit", "CNI", "Nftables", "Netlink", "LinuxSystem", "JSON", "Addressing", "CLinuxABI"]),
]

/// One container's shepherd: small, because there is one for each container.
let shim = Target.executableTarget(
    name: "HawserShim", dependencies: ["ContainerShim", "LinuxSystem"] + outlined, path: "Sources/hawser-shim",
    swiftSettings: shipped, linkerSettings: shippedLink)

/// The command that runs containers from OCI bundles: started several times for each container.
let ociCommand = Target.executableTarget(
    name: "HawserOCI", dependencies: ["OCIRuntime", "LinuxSystem"] + outlined, path: "Sources/hawser-oci",
    swiftSettings: shipped, linkerSettings: shippedLink)

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: house)
}

/// Present only in the ordinary build: the tools with their packages, and every test.
let ordinary: [Target] = [
    .target(
        name: "CNIRuntime", dependencies: ["CNI", "JSON", "LinuxSystem"], swiftSettings: house),
    .systemLibrary(name: "CLibarchive"),
    .systemLibrary(name: "CNettle"),
    .target(
        name: "ContainerImages", dependencies: ["JSON", "LinuxSystem", "CLibarchive", "CNettle"], swiftSettings: house),
    .target(
        name: "ContainerRunner",
        dependencies: [
            "CNIRuntime", "ContainerImages", "ContainerShim", "ControlGroups", "Seccomp", "CNI", "JSON", "Addressing",
            "LinuxSystem",
        ],
        swiftSettings: house),
    .target(
        name: "Diagnosis",
        dependencies: [
            "ContainerRunner", "ContainerImages", "ControlGroups", "CNIRuntime", "CNI", "PluginFirewall", "PluginKit",
            "RouteNetlink", "Seccomp", "JSON", "Addressing", "LinuxSystem",
        ],
        swiftSettings: house),
    .executableTarget(
        name: "hawser",
        dependencies: [
            "Diagnosis", "ContainerRunner", "ContainerImages", "ContainerShim", "CNIRuntime", "PluginFirewall",
            "PluginKit", "CNI",
            "JSON", "Addressing", "LinuxSystem",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: house),
    tests("AddressingTests", ["Addressing"], resources: [.copy("Tables")]),
    tests("LinuxSystemTests", ["LinuxSystem"]),
    .target(name: "CTestSupport", path: "Tests/Support/CTestSupport"),
    .target(
        name: "TestSupport", dependencies: ["CTestSupport"], path: "Tests/Support/TestSupport", swiftSettings: house),
    tests("KernelTests", ["TestSupport"]),
    tests("IPAMTests", ["IPAM", "Addressing", "LinuxSystem", "TestSupport"]),
    tests(
        "ContainerRunnerTests",
        [
            "ContainerRunner", "ContainerShim", "ControlGroups", "CNI", "JSON", "Addressing", "LinuxSystem",
            "TestSupport",
        ]),
    tests("OCIRuntimeTests", ["OCIRuntime", "JSON", "LinuxSystem", "TestSupport"]),
    tests("ControlGroupsTests", ["ControlGroups", "JSON", "LinuxSystem", "TestSupport"]),
    tests("ContainerImagesTests", ["ContainerImages", "JSON", "LinuxSystem", "TestSupport"]),
    tests("JSONTests", ["JSON"]),
    tests("SeccompTests", ["Seccomp", "JSON", "LinuxSystem", "CTestSupport"], resources: [.copy("Profiles")]),
    tests("CNITests", ["CNI", "JSON", "Addressing", "LinuxSystem"], resources: [.copy("Goldens")]),
    tests("CNIRuntimeTests", ["CNIRuntime", "CNI", "JSON"]),
    tests(
        "NftablesTests", ["Nftables", "Netlink", "LinuxSystem", "Addressing", "CLinuxABI", "CLinux"],
        resources: [.copy("Goldens")]),
    tests("PluginFirewallTests", ["PluginFirewall", "Nftables", "LinuxSystem", "Addressing", "CLinux"]),
    tests("PluginKitTests", ["PluginKit", "CNI"]),
    tests("TidyTests", []),
    tests("SampleTests", ["TestSupport"]),
    // What scripts/fuzz runs; the corpora are replayed as tests.
    .target(
        name: "FuzzTargets",
        dependencies: [
            "ContainerImages", "CNIRuntime", "PluginFirewall", "PluginKit", "CNI", "IPAM", "Nftables", "RouteNetlink",
            "Netlink",
            "Seccomp", "OCIRuntime",
            "JSON", "Addressing", "LinuxSystem",
        ],
        path: "Fuzz/Targets",
        swiftSettings: house),
    tests("FuzzTests", ["FuzzTargets"]),
]

/// Only where scripts/fuzz builds: its main() is libFuzzer's.
let fuzz: [Target] =
    Context.environment["FUZZ"] == nil
    ? [] : [.executableTarget(name: "fuzz", dependencies: ["FuzzTargets"], path: "Fuzz/Driver")]

let package = Package(
    name: "hawser",
    products: plugins.map(\.product) + [
        .executable(name: "hawser-shim", targets: ["HawserShim"]),
        .executable(name: "hawser-oci", targets: ["HawserOCI"]),
    ],
    dependencies: embedded == nil
        ? [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")] : [],
    targets: foundation + plugins.map(\.target) + [shim, ociCommand] + (embedded == nil ? ordinary + fuzz : []),
    swiftLanguageModes: [.v6]
)
