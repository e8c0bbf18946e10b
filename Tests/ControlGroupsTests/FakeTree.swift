import ControlGroups
import Foundation

/// A directory that plays the machine's control groups: files that are there can be written, others cannot.
final class FakeTree {
    private let folder: URL

    /// A tree with these files; a file's directories are made.
    init(_ files: [String: String]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "hawser-groups-\(UUID().uuidString)")
        for (path, content) in files { try write(content, path) }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var path: String { folder.path }

    func write(_ content: String, _ path: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try content.write(to: file, atomically: false, encoding: .utf8)
    }

    /// What a file holds now; a shorter text leaves the rest of a longer one, which the kernel's files never do.
    func read(_ path: String) -> String? { try? String(contentsOf: folder.appending(path: path), encoding: .utf8) }

    /// A machine of version 1 alone.
    var versionOne: ControlGroupHierarchies {
        let names: [Controller] = [.cpu, .cpuacct, .cpuset, .memory, .blkio, .pids, .devices, .freezer]
        return ControlGroupHierarchies(
            unified: nil,
            legacy: names.map { ControlGroupHierarchies.Legacy(directory: "\(path)/\($0.name)", controllers: [$0]) })
    }

    /// A machine of version 2 alone.
    var versionTwo: ControlGroupHierarchies {
        ControlGroupHierarchies(
            unified: ControlGroupHierarchies.Unified(
                directory: path, controllers: [.cpu, .cpuset, .memory, .blkio, .pids, .hugetlb]),
            legacy: [])
    }
}
