import Foundation
import TestSupport
import Testing

/// docs/wiring-by-hand.md is run as it stands: each of its `sh` blocks, in order, on a host of its own.
@Suite(.needsKernel, .needsPlugins) struct WiringByHandTests {
    @Test("every step of docs/wiring-by-hand.md works", .needsPrograms("ip", "nft", "jq", "nsenter"))
    func documentRuns() throws {
        let root = PluginDirectory.repository
        let text = try String(contentsOfFile: "\(root)/docs/wiring-by-hand.md", encoding: .utf8)
        let blocks = text.matches(of: /```sh\n(.*?)```/.dotMatchesNewlines()).map { String($0.1) }
        #expect(blocks.count >= 7)
        let script = "set -euo pipefail\ntrap 'hawser rm -f box >/dev/null 2>&1 || true' EXIT\n" + blocks.joined()
        var environment = Command.defaultEnvironment
        environment["PATH"] = "\(root)/.build/debug:\(environment["PATH"] ?? "")"
        environment["HAWSER_PLUGIN_DIR"] = PluginDirectory.underTest.path
        environment["HAWSER_NETWORK_DIR"] = "\(root)/conf"
        environment["HAWSER_CGROUP"] = "hawser-wiring-\(UUID().uuidString)"
        try Command(
            "/bin/bash", ["\(root)/scripts/lib/private-host.sh", "bash", "-xc", script], environment: environment,
            timeout: .seconds(120)
        ).run().orThrow()
    }
}
