import Foundation

/// The repository these tests stand in, and the files a person wrote in it.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// Paths relative to the root of every file below `folders`, in order; builds and hidden files left out.
    static func files(in folders: [String]) -> [String] {
        folders.flatMap { folder in
            (FileManager.default.enumerator(atPath: "\(root)/\(folder)")?.compactMap { $0 as? String } ?? [])
                .filter { path in
                    let url = URL(filePath: "\(root)/\(folder)/\(path)")
                    let isFile = (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile ?? false
                    return isFile && !path.split(separator: "/").contains { $0.hasPrefix(".") }
                }
                .map { "\(folder)/\($0)" }
        }.sorted()
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: URL(filePath: "\(root)/\(path)"), encoding: .utf8)
    }

    static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// Every Swift file, read once.
    private static let swiftFiles = Result {
        try files(in: ["Sources", "plugins", "Tests", "Fuzz"]).filter { $0.hasSuffix(".swift") }
            .map { try SwiftFile(path: $0) }
    }

    /// The Swift files below `folders`.
    static func swiftFiles(in folders: [String]) throws -> [SwiftFile] {
        try swiftFiles.get().filter { file in folders.contains { file.path.hasPrefix("\($0)/") } }
    }

    /// What a command prints on standard output; the test fails when it does not end with 0.
    static func output(of command: [String]) throws -> Data {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(filePath: root)
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: complaint.suffix(2000), as: UTF8.self)
            throw CommandFailure(command: command.joined(separator: " "), complaint: words)
        }
        return data
    }
}

/// A command that did not end with 0.
struct CommandFailure: Error, CustomStringConvertible {
    let command: String
    let complaint: String
    var description: String { "\(command): \(complaint)" }
}
