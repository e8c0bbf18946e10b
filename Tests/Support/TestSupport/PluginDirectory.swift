import Foundation
import Glibc
public import Testing

/// A directory of CNI plugins.
public struct PluginDirectory: Hashable, Sendable, CustomTestStringConvertible {
    /// Its absolute path.
    public let path: String
    /// What to call it in messages.
    public let name: String

    /// A directory at an absolute path.
    public init(path: String, name: String) {
        self.path = path
        self.name = name
    }

    /// The suite under test: `HAWSER_PLUGIN_DIR`, or the Embedded build of this repository.
    public static let underTest = PluginDirectory(
        path: ProcessInfo.processInfo.environment["HAWSER_PLUGIN_DIR"] ?? "\(repository)/.build-embedded/release",
        name: "ours")
    /// The reference suite, as Debian packages it (1.1.1).
    public static let reference = PluginDirectory(
        path: ProcessInfo.processInfo.environment["REFERENCE_PLUGIN_DIR"] ?? "/usr/lib/cni", name: "reference")

    /// The top of the repository that these sources lie in.
    public static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Whether it holds a bridge plugin that can be executed.
    public var exists: Bool { has("bridge") }

    /// Whether it holds a plugin of this name.
    public func has(_ plugin: String) -> Bool {
        unsafe access("\(path)/\(plugin)", X_OK) == 0
    }

    /// The text for messages.
    public var testDescription: String { name }
}
