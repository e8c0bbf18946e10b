import TestSupport
import Testing

/// What the dynamic linker reads before a plugin's first instruction: each library is a tenth of a start.
@Suite(.needsPlugins) struct LoadedLibrariesTests {
    @Test(
        "a plugin loads the libraries that its work needs, and no other",
        arguments: [
            (["host-local", "static"], ["libc.so.6"]),
            (["host", "loopback", "none", "tuning"], ["libc.so.6", "libmnl.so.0"]),
            (["bridge", "firewall", "portmap"], ["libc.so.6", "libmnl.so.0", "libnftnl.so.11"]),
        ])
    func needed(_ plugins: [String], _ libraries: [String]) throws {
        for plugin in plugins {
            let dynamic = try Command("readelf", ["-d", "\(PluginDirectory.underTest.path)/\(plugin)"]).run().orThrow()
            let needed = dynamic.text.matches(of: /\(NEEDED\).*\[(.*)\]/).map { String($0.1) }
            #expect(needed.sorted() == libraries, "\(plugin)")
        }
    }
}
