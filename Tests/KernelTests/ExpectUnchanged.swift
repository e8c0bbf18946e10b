import TestSupport
import Testing

/// Records every difference between what a host holds now and an earlier snapshot.
func expectUnchanged(
    _ host: TestHost, since before: Snapshot, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let changes = try host.snapshot().changes(since: before)
    #expect(changes == [], sourceLocation: sourceLocation)
}
