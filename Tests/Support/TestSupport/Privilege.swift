import Foundation
import Glibc
public import Testing

/// What the machine lets the tests do.
///
/// A missing privilege is a visible skip; `REQUIRE_KERNEL_TESTS=1` makes it a failure.
public enum Privilege {
    /// Whether skips are failures: the tests then run and say what is missing.
    public static let isRequired = ProcessInfo.processInfo.environment["REQUIRE_KERNEL_TESTS"] == "1"
    /// Whether namespaces can be made and configured.
    public static let isRoot = geteuid() == 0
}

extension Trait where Self == ConditionTrait {
    /// For tests that make namespaces.
    public static var needsKernel: Self {
        .enabled(if: Privilege.isRoot || Privilege.isRequired, "needs root: it makes network and mount namespaces")
    }

    /// For tests that run the plugins under test.
    public static var needsPlugins: Self {
        .enabled(
            if: PluginDirectory.underTest.exists || Privilege.isRequired,
            "needs the built plugins in \(PluginDirectory.underTest.path) (scripts/build, or HAWSER_PLUGIN_DIR)")
    }

    /// For tests that compare with the reference suite.
    public static var needsReferencePlugins: Self {
        .enabled(
            if: PluginDirectory.reference.exists || Privilege.isRequired,
            "needs Debian's containernetworking-plugins in \(PluginDirectory.reference.path)")
    }

    /// For tests that drive programs which are not installed everywhere.
    public static func needsPrograms(_ names: String...) -> Self {
        .enabled(
            if: Privilege.isRequired || names.allSatisfy { Command.find($0) != nil },
            "needs \(names.joined(separator: ", "))")
    }
}
