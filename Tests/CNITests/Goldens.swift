import Foundation

/// What Debian's containernetworking-plugins 1.1.1 printed for ADD, byte by byte; the file name tells plugin,
/// configuration and cniVersion.
func golden(_ name: String) throws -> [UInt8] {
    guard let url = Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Goldens") else {
        throw MissingGolden(name: name)
    }
    return Array(try Data(contentsOf: url))
}

private struct MissingGolden: Error {
    let name: String
}
