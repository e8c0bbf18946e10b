/// Which names a person may have meant.
enum Similarity {
    /// Whether one begins with the other, or at most two letters were mistyped.
    static func isClose(_ name: String, _ typed: String) -> Bool {
        guard !typed.isEmpty else { return false }
        if name.hasPrefix(typed) || typed.hasPrefix(name) { return true }
        return distance(Array(name.utf8), Array(typed.utf8)) <= min(2, typed.utf8.count / 2)
    }

    /// Levenshtein's distance, one row at a time.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let replaced = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
