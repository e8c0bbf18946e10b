import Foundation

/// hawser-oci: the one that ships beside the plugins under test, or where only the ordinary build is there, that one.
public enum OCIRuntimeExecutable {
    /// Its path.
    public static let path: String = {
        let shipped = "\(PluginDirectory.underTest.path)/../libexec/hawser-oci"
        let exists = FileManager.default.isExecutableFile(atPath: shipped)
        return exists ? shipped : "\(PluginDirectory.repository)/.build/debug/hawser-oci"
    }()
}
