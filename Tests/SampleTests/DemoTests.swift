import Foundation
import TestSupport
import Testing

/// The steps of scripts/demo with the plugins under test, on a host of its own.
@Suite(.needsKernel, .needsPlugins) struct DemoTests {
    @Test(
        "the demo works, twice on one host, leaves that as it was, and leaves nobody behind to hold its output open",
        .needsPrograms("ip", "nft", "jq", "busybox", "ping", "sysctl"))
    func demo() throws {
        let root = PluginDirectory.repository
        // `cat` ends when every process that was given the pipe has ended.
        let script = """
            cd \(root)
            for time in first second; do
                bash scripts/lib/demo.sh | cat
                echo "the $time time: ${PIPESTATUS[0]}"
                ps -eo comm= | grep -vE '^(bash|ps|grep)$' || true
            done
            """
        var environment = Command.defaultEnvironment
        environment["PATH"] = "\(root)/.build/debug:\(environment["PATH"] ?? "")"
        environment["HAWSER_PLUGIN_DIR"] = PluginDirectory.underTest.path
        environment["HAWSER_NETWORK_DIR"] = "\(root)/conf"
        let finished = try Command(
            "/bin/bash", ["\(root)/scripts/lib/private-host.sh", "bash", "-c", script], environment: environment,
            timeout: .seconds(120)
        ).run().orThrow()
        #expect(finished.text.contains("the first time: 0\n\n=="), "\(finished)")
        #expect(finished.text.hasSuffix("the second time: 0\n"), "\(finished)")
        #expect(finished.text.matches(of: /settings as before +ok/).count == 2, "\(finished)")
    }
}
