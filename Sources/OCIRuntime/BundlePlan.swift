internal import ControlGroups
internal import LinuxSystem

/// How the root of a bundle's container is built, step by step.
struct BundlePlan {
    /// The steps in their order.
    private(set) var steps: [LaunchStep] = []
    /// What a person should know.
    private(set) var warnings: [String] = []
    /// Whether mounts of the host are to appear inside later.
    private(set) var followsHost = false
    /// What becomes read-only when everything is in place.
    private var closing: [LaunchStep] = []
    private let specification: RuntimeSpecification
    private let bundle: String
    private let hierarchies: ControlGroupHierarchies
    private let group: ControlGroup

    /// Plans the root at `root`, an absolute path without links.
    init(
        _ specification: RuntimeSpecification, bundle: String, root: String, group: ControlGroup,
        in hierarchies: ControlGroupHierarchies
    ) throws(OCIError) {
        self.specification = specification
        self.bundle = bundle
        self.group = group
        self.hierarchies = hierarchies
        steps.append(.root(source: root, flags: [.recursive, .devices]))
        for mount in specification.mounts { try add(mount) }
        addDevices()
        if let process = specification.process { steps.append(.directory(process.workingDirectory, mode: 0o755)) }
        for path in specification.linux.readOnlyPaths { closing.append(.readOnly(path, alone: false)) }
        for path in specification.linux.maskedPaths { closing.append(.mask(path)) }
        if specification.isRootReadOnly { closing.append(.readOnly("/", alone: true)) }
        steps += closing
    }

    private var hasUserNamespace: Bool { specification.linux.namespace(.user) != nil }

    private func isNew(_ kind: NamespaceSpecification.Kind) -> Bool {
        specification.linux.namespace(kind).map { $0.path == nil } ?? false
    }

    private mutating func add(_ mount: MountSpecification) throws(OCIError) {
        let options = mount.options
        if options.isIDMapped || !mount.userMappings.isEmpty {
            throw .configuration(
                file: "config.json", key: "mounts",
                problem: "\(mount.destination) cannot be shown with mapped ids: not supported")
        }
        if options.propagations.contains(where: { $0.kind == .slave || $0.kind == .shared }) { followsHost = true }
        switch mount.type {
        case "bind": steps.append(.mount(bound(mount)))
        case "cgroup", "cgroup2": addControlGroups(mount)
        case "sysfs" where hasUserNamespace && !isNew(.network): steps.append(.mount(hostSystem(mount)))
        case "tmpfs" where options.flags.contains(.readOnly):
            // What is mounted or made in it comes first.
            steps.append(.mount(fileSystem(mount, without: .readOnly)))
            closing.append(.readOnly(mount.destination, alone: true))
        default: steps.append(.mount(fileSystem(mount, without: [])))
        }
    }

    private static func propagation(_ options: MountOptions) -> UInt64 {
        options.propagations.reduce(0) { $0 | $1.kernelFlags }
    }

    private func bound(_ mount: MountSpecification) -> LaunchStep.Mount {
        let source = hasPrefix(mount.source, "/") ? mount.source : "\(bundle)/\(mount.source)"
        let options = mount.options
        var step = LaunchStep.Mount(source: source, target: mount.destination, type: "")
        step.recursive = options.flags.contains(.recursive)
        step.set = options.flags.mountAttributes
        step.cleared = options.cleared.mountAttributes
        step.setBelow = options.recursive.mountAttributes
        step.clearedBelow = options.recursiveCleared.mountAttributes
        step.propagation = Self.propagation(options)
        return step
    }

    private func fileSystem(_ mount: MountSpecification, without left: MountFlags) -> LaunchStep.Mount {
        var step = LaunchStep.Mount(source: mount.source, target: mount.destination, type: mount.type)
        let flags = mount.options.flags.union(mount.options.recursive).subtracting([.bind, .recursive])
        step.flags = UInt(flags.subtracting(left).rawValue)
        step.data = mount.options.data.joined(separator: ",")
        step.propagation = Self.propagation(mount.options)
        step.copiesUp = mount.options.copiesUp
        return step
    }

    /// In a user namespace sysfs may be mounted by the owner of the network namespace only: the host's is shown.
    private func hostSystem(_ mount: MountSpecification) -> LaunchStep.Mount {
        var step = LaunchStep.Mount(source: "/sys", target: mount.destination, type: "")
        step.recursive = true
        step.setBelow = MountFlags([.noSetUser, .noDevices, .noExecute, .readOnly]).mountAttributes
        return step
    }

    /// The control groups as their own namespace shows them, or the container's own alone.
    private mutating func addControlGroups(_ mount: MountSpecification) {
        guard !hasUserNamespace else {
            if isNew(.network) {
                warnings.append("\(mount.destination) is left out: control groups are not shown in a user namespace")
            }
            return
        }
        let flags = UInt(mount.options.flags.subtracting([.bind, .recursive]).rawValue)
        if hierarchies.legacy.isEmpty {
            guard let unified = group.unified else { return }
            return addHierarchy("cgroup2", "", from: unified, to: mount.destination, flags)
        }
        var holder = LaunchStep.Mount(source: "cgroup", target: mount.destination, type: "tmpfs")
        holder.flags = flags & ~UInt(MountFlags.readOnly.rawValue)
        holder.data = "mode=755"
        steps.append(.mount(holder))
        for legacy in group.legacy {
            let names = legacy.controllers.map { $0.name }
            let place = names.joined(separator: ",")
            addHierarchy("cgroup", place, from: legacy.directory, to: "\(mount.destination)/\(place)", flags)
            for name in names where names.count > 1 {
                steps.append(.link("\(mount.destination)/\(name)", content: place))
            }
        }
        if let unified = group.unified {
            addHierarchy("cgroup2", "", from: unified, to: "\(mount.destination)/unified", flags)
        }
        if mount.options.flags.contains(.readOnly) { closing.append(.readOnly(mount.destination, alone: true)) }
    }

    private mutating func addHierarchy(
        _ type: String, _ data: String, from directory: String, to target: String, _ flags: UInt
    ) {
        var step = LaunchStep.Mount(source: "cgroup", target: target, type: type)
        if isNew(.cgroup) {
            step.flags = flags
            step.data = data
        } else {
            step = LaunchStep.Mount(source: directory, target: target, type: "")
            step.set = MountFlags(rawValue: UInt64(flags)).mountAttributes
        }
        steps.append(.mount(step))
    }

    /// Device nodes and the links that programs expect beside them, unless the host's own directory is shown.
    private mutating func addDevices() {
        let showsHost = specification.mounts.contains { $0.destination == "/dev" && $0.type == "bind" }
        let wanted = specification.linux.devices
        if !showsHost {
            for device in DeviceNode.standard where !wanted.contains(where: { $0.path == device.path }) { add(device) }
        }
        for device in wanted { add(device) }
        guard !showsHost else { return }
        for (path, content) in [
            ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"), ("/dev/ptmx", "pts/ptmx"),
        ] { steps.append(.link(path, content: content)) }
    }

    private mutating func add(_ device: DeviceNode) {
        let type: Character =
            switch device.kind {
            case .character: "c"
            case .block: "b"
            case .pipe: "p"
            }
        var node = LaunchStep.Device(type: type, major: device.major, minor: device.minor)
        node.mode = device.mode & 0o7777
        let linux = specification.linux
        node.user = IDMapping.host(device.user, in: linux.userMappings) ?? device.user
        node.group = IDMapping.host(device.group, in: linux.groupMappings) ?? device.group
        steps.append(.device(device.path, node, source: device.path))
    }
}

extension MountFlags {
    /// The same as MOUNT_ATTR_* of mount_setattr(2), as far as they belong to a mount.
    var mountAttributes: UInt64 {
        var attributes = rawValue & 0xf  // the first four have the same values
        if contains(.noAccessTime) { attributes |= 0x10 }
        if contains(.strictAccessTime) { attributes |= 0x20 }
        if contains(.noDirectoryAccessTime) { attributes |= 0x80 }
        if contains(.noLinks) { attributes |= 0x20_0000 }
        return attributes
    }
}
