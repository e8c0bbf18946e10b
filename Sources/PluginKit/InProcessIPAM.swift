public import CNI
internal import LinuxSystem

/// The IPAM of a network, as a plugin that needs addresses calls it: our own without starting another process, any other
/// by executing it.
public enum InProcessIPAM: Sendable {
    /// Our host-local.
    case hostLocal
    /// Our static.
    case fixed
    /// Any other plugin.
    case executed(Delegate)

    /// Finds the plugin that `ipam.type` names: the first of that name in the directories of CNI_PATH.
    ///
    /// It is ours when it is the file of that name beside the running program. Code 7 when there is none.
    public static func resolve(_ configuration: NetworkConfiguration, in context: PluginContext) throws(CNIError)
        -> InProcessIPAM
    {
        let type = try configuration.ipam()?.string("type") ?? ""
        let delegate = try Delegate.find(type, key: "ipam.type", in: context)
        switch type {
        case HostLocalConfiguration.type where isOwn(delegate.path): return .hostLocal
        case StaticIPAM.type where isOwn(delegate.path): return .fixed
        default: return .executed(delegate)
        }
    }

    /// Whether a path leads to the file of that name beside the running program.
    ///
    /// A link there may lead to a plugin of another suite: then it does not count as ours.
    private static func isOwn(_ path: String) -> Bool {
        do throws(SystemError) {
            let directory = Files.split(try Files.readLink("/proc/self/exe")).parent
            let own = try Files.status("\(directory)/\(Files.split(path).name)", followingLinks: false)
            let found = try Files.status(path)
            guard let own, let found, own.kind == .regular else { return false }
            return own.device == found.device && own.inode == found.inode
        } catch {
            return false  // it can still be executed
        }
    }

    /// Gets addresses; nothing of the attempt stays when it throws.
    public func add(_ request: AttachmentRequest) throws(CNIError) -> CNIResult {
        switch self {
        case .hostLocal: return try hostLocal(request).add(request)
        case .fixed: return try StaticIPAM(request.configuration, for: request.verb).add(request)
        case .executed(let delegate): return try delegate.add(request)
        }
    }

    /// Verifies that the attachment holds its addresses.
    public func check(_ request: AttachmentRequest) throws(CNIError) {
        switch self {
        case .hostLocal: try hostLocal(request).check(request)
        case .fixed: try StaticIPAM(request.configuration, for: request.verb).check(request)
        case .executed(let delegate): try delegate.check(request)
        }
    }

    /// Gives the addresses back.
    ///
    /// It serves DEL, and an ADD that failed after it had got them.
    public func delete(_ request: AttachmentRequest) throws(CNIError) {
        switch self {
        case .hostLocal:
            let configuration = try HostLocalConfiguration(request.configuration, for: .delete)
            try HostLocalIPAM(configuration, request.context).delete(request)
        case .fixed: return
        case .executed(let delegate): try delegate.delete(request)
        }
    }

    /// Gives back the addresses of this network that no `valid` attachment holds.
    public func collectGarbage(_ request: NetworkRequest, keeping valid: [Attachment.ID]) throws(CNIError) {
        switch self {
        case .hostLocal:
            let configuration = try HostLocalConfiguration(request.configuration, for: .collectGarbage)
            try HostLocalIPAM(configuration, request.context).collectGarbage(keeping: valid)
        case .fixed: return
        case .executed(let delegate): try delegate.collectGarbage(request)
        }
    }

    /// Throws code 50 or 51 when ADD would get no address.
    public func status(_ request: NetworkRequest) throws(CNIError) {
        switch self {
        case .hostLocal:
            let configuration = try HostLocalConfiguration(request.configuration, for: .status)
            try HostLocalIPAM(configuration, request.context).status()
        case .fixed: _ = try StaticIPAM(request.configuration, for: .status)
        case .executed(let delegate): try delegate.status(request)
        }
    }

    private func hostLocal(_ request: AttachmentRequest) throws(CNIError) -> HostLocalIPAM {
        HostLocalIPAM(try HostLocalConfiguration(request.configuration, for: request.verb), request.context)
    }
}
