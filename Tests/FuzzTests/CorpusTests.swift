import Foundation
import FuzzTargets
import Testing

/// Replays the committed corpora: what fuzzing has found and where it starts.
@Suite struct CorpusTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz/corpus")

    @Test("every input of the corpus keeps the target's promises", arguments: FuzzTarget.allCases)
    func replay(_ target: FuzzTarget) throws {
        let directory = Self.root.appending(path: target.rawValue)
        let inputs = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
        #expect(inputs.count >= 5, "\(directory.path) is no corpus")
        for input in inputs { target.run([UInt8](try Data(contentsOf: input))) }
    }

    /// Each byte changed, each prefix, one at a time: what a fuzzer tries first, here without one.
    @Test("small damage to an input keeps the promises as well", arguments: FuzzTarget.allCases)
    func damage(_ target: FuzzTarget) throws {
        let directory = Self.root.appending(path: target.rawValue)
        let inputs = try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .map { [UInt8](try Data(contentsOf: $0)) }.sorted { $0.count < $1.count }
        for input in inputs.filter({ $0.count <= 300 }).prefix(10) {
            for place in input.indices {
                target.run(Array(input[..<place]))
                var changed = input
                for flip: UInt8 in [0x01, 0x80] {
                    changed[place] = input[place] ^ flip
                    target.run(changed)
                }
            }
        }
    }
}
