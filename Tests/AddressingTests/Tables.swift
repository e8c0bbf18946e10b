import Foundation

/// A table made by Tables/generate.py: the tab-separated columns of its lines.
func table(_ name: String) throws -> [[String]] {
    let url = try requireURL(Bundle.module.url(forResource: name, withExtension: "txt", subdirectory: "Tables"), name)
    return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map { line in
        line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
}

private struct MissingTable: Error {
    let name: String
}

private func requireURL(_ url: URL?, _ name: String) throws -> URL {
    guard let url else { throw MissingTable(name: name) }
    return url
}
