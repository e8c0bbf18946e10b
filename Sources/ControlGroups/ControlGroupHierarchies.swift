public import LinuxSystem

/// Where this machine's control groups are: version 1 hierarchies, the version 2 hierarchy, or both side by side.
///
/// A controller belongs to one hierarchy at a time. In the hybrid layout most belong to version 1 while the version 2 tree,
/// perhaps with a stray controller of its own, still kills, freezes and tells when a group has emptied.
public struct ControlGroupHierarchies: Hashable, Sendable {
    /// The version 2 hierarchy.
    public struct Unified: Hashable, Sendable {
        /// Where it is mounted.
        public let directory: String
        /// The controllers that belong to it.
        public let controllers: [Controller]

        /// A version 2 hierarchy at a place.
        public init(directory: String, controllers: [Controller]) {
            self.directory = directory
            self.controllers = controllers
        }
    }

    /// One version 1 hierarchy.
    public struct Legacy: Hashable, Sendable {
        /// Where it is mounted.
        public let directory: String
        /// The controllers that belong to it: one, or several mounted together.
        public let controllers: [Controller]

        /// A version 1 hierarchy at a place.
        public init(directory: String, controllers: [Controller]) {
            self.directory = directory
            self.controllers = controllers
        }
    }

    /// The version 2 hierarchy, when it is mounted.
    public let unified: Unified?
    /// The version 1 hierarchies that are mounted.
    public let legacy: [Legacy]
    /// Controllers of a version 1 hierarchy that is mounted nowhere to be seen.
    public let unmounted: [Controller]

    /// A layout.
    public init(unified: Unified?, legacy: [Legacy], unmounted: [Controller] = []) {
        self.unified = unified
        self.legacy = legacy
        self.unmounted = unmounted
    }

    private static let mountLimit = 16 << 20  // bytes of mountinfo: tens of thousands of mounts

    /// What this process sees.
    public static func observe() throws(SystemError) -> ControlGroupHierarchies {
        let mounts = try Files.read("/proc/self/mountinfo", limit: mountLimit)
        let groups = try Files.readIfPresent("/proc/self/cgroup", limit: 1 << 16) ?? []
        let places = Places(mountInfo: mounts, ownGroups: groups)
        var controllers: [UInt8] = []
        if let directory = places.unified {
            controllers = try Files.readIfPresent("\(directory)/cgroup.controllers", limit: 4096) ?? []
        }
        return ControlGroupHierarchies(places, unifiedControllers: controllers)
    }

    /// The layout that these texts describe: /proc/self/mountinfo, /proc/self/cgroup and the root's cgroup.controllers.
    public init(mountInfo: [UInt8], ownGroups: [UInt8], unifiedControllers: [UInt8]) {
        self.init(Places(mountInfo: mountInfo, ownGroups: ownGroups), unifiedControllers: unifiedControllers)
    }

    private init(_ places: Places, unifiedControllers: [UInt8]) {
        var unified: Unified?
        if let directory = places.unified {
            var controllers: [Controller] = []
            for word in KernelText.words(unifiedControllers) {
                if let controller = Controller.named(unified: word) { controllers.append(controller) }
            }
            unified = Unified(directory: directory, controllers: controllers)
        }
        var unmounted: [Controller] = []
        for controller in places.boundToLegacy {
            var isMounted = false
            for hierarchy in places.legacy where hierarchy.controllers.contains(controller) { isMounted = true }
            if !isMounted { unmounted.append(controller) }
        }
        self.init(unified: unified, legacy: places.legacy, unmounted: unmounted)
    }

    /// The version 1 hierarchy of a controller.
    public func legacy(_ controller: Controller) -> Legacy? {
        for hierarchy in legacy where hierarchy.controllers.contains(controller) { return hierarchy }
        return nil
    }

    /// Whether version 2 has a controller.
    public func unifiedHas(_ controller: Controller) -> Bool { unified?.controllers.contains(controller) ?? false }

    /// Why a controller can be used in no hierarchy, as a clause.
    func absence(of controller: Controller) -> String {
        if unmounted.contains(controller) {
            return "the \(controller.name) controller belongs to a version 1 hierarchy that is not mounted"
        }
        if unified == nil, legacy.isEmpty { return "no control group hierarchy is mounted" }
        return
            "no mounted hierarchy has the \(controller.name) controller: the kernel lacks it, or it was disabled at boot"
    }
}

/// The mount points of control groups.
private struct Places {
    var unified: String?
    var legacy: [ControlGroupHierarchies.Legacy] = []
    var boundToLegacy: [Controller] = []

    init(mountInfo: [UInt8], ownGroups: [UInt8]) {
        for line in mountInfo.split(separator: UInt8(ascii: "\n")) { addMount(line) }
        for line in ownGroups.split(separator: UInt8(ascii: "\n")) {
            // As "4:memory:/path"; version 2 is "0::/path".
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for name in parts[1].split(separator: UInt8(ascii: ",")) {
                if let controller = Controller.named(KernelText.string(name)) { boundToLegacy.append(controller) }
            }
        }
    }

    /// Reads a line of mountinfo, by bytes: a host may have thousands of mounts, and every command looks here.
    private mutating func addMount(_ line: ArraySlice<UInt8>) {
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count > 6 else { return }
        var separator = 6
        while separator < words.count, !KernelText.isEqual(words[separator], "-") { separator += 1 }
        guard separator + 1 < words.count else { return }
        let place = KernelText.unescaped(words[4])
        // The last mount at a place covers those before it, and a later place is as good as an earlier one.
        if KernelText.isEqual(words[separator + 1], "cgroup2") {
            unified = place
        } else if KernelText.isEqual(words[separator + 1], "cgroup"), separator + 3 < words.count {
            var controllers: [Controller] = []
            for option in words[separator + 3].split(separator: UInt8(ascii: ",")) {
                if let controller = Controller.named(KernelText.string(option)) { controllers.append(controller) }
            }
            // Others are names without a controller, as systemd's.
            guard !controllers.isEmpty else { return }
            legacy.removeAll { $0.controllers == controllers }
            legacy.append(ControlGroupHierarchies.Legacy(directory: place, controllers: controllers))
        }
    }
}
