public import LinuxSystem

/// Why an image cannot be had, kept or removed.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum Reason: Hashable, Sendable {
        /// A system call failed.
        case system(SystemError)
        /// It is neither an OCI layout nor what docker save writes.
        case notAnImage(String)
        /// Something that is referred to is not there.
        case missing
        /// The content is not what its name promises.
        case digest(expected: ImageDigest, found: ImageDigest)
        /// The content has another size than was promised.
        case size(expected: Int64, found: Int64)
        /// A limit is exceeded.
        case tooLarge(String)
        /// A document, name or archive does not say what it must.
        case malformed(String)
        /// A path that leads out, or nowhere.
        case path(String)
        /// Something that is not implemented, or not possible here.
        case unsupported(String)
        /// No image inside is for this machine.
        case noPlatform(wanted: Platform, available: [String])
        /// Several images are meant.
        case ambiguous([String])
        /// No image has this name or id; these are similar.
        case unknown(similar: [String])
        /// Containers need it.
        case inUse(by: [String])
    }

    /// The file, directory or name that was given.
    public let subject: String
    /// What in it: a blob, a layer's entry; empty when it is all of it.
    public let entry: String
    /// What was wrong.
    public let reason: Reason

    /// Something wrong with a part of something.
    public init(_ subject: String, _ entry: String, _ reason: Reason) {
        self.subject = subject
        self.entry = entry
        self.reason = reason
    }

    /// Something wrong with a file, directory or name.
    public init(_ subject: String, _ reason: Reason) { self.init(subject, "", reason) }

    /// One sentence for a person; what control characters a stranger put into names shows as "?".
    public var description: String {
        let place = [subject, entry].filter { !$0.isEmpty }.joined(separator: ": ")
        let text = "image \(place): \(reason.description)"
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 32 || (127...159).contains($0.value) ? "?" : $0 }))
    }
}

extension ImageError.Reason: CustomStringConvertible {
    /// The part of the sentence that follows the place.
    public var description: String {
        switch self {
        case .system(let error): error.description
        case .notAnImage(let why): "it is neither an OCI image layout nor an archive of docker save: \(why)"
        case .missing: "it is not there"
        case .digest(let expected, let found): "its digest is \(found), not \(expected): it is damaged or changed"
        case .size(let expected, let found): "it has \(found) bytes, not \(expected): it is cut or changed"
        case .tooLarge(let what): "it is too large: \(what)"
        case .malformed(let what): what
        case .path(let what): what
        case .unsupported(let what): what
        case .noPlatform(let wanted, let available):
            "it has nothing for this machine, \(wanted); it has \(available.joined(separator: ", "))"
        case .ambiguous(let names):
            "several images are meant: \(names.joined(separator: ", ")); name one"
        case .unknown(let similar):
            "no image has this name or id, and no file does; see hawser image ls"
                + (similar.isEmpty ? "" : "; did you mean \(similar.joined(separator: ", "))?")
        case .inUse(let containers):
            "it is used by container \(containers.joined(separator: ", ")): remove that first, or use --force"
        }
    }
}

/// Runs system calls and says on which part of which image they failed.
func onImage<R: ~Copyable>(
    _ subject: @autoclosure () -> String, _ entry: @autoclosure () -> String, _ body: () throws(SystemError) -> R
) throws(ImageError) -> R {
    do throws(SystemError) {
        return try body()
    } catch {
        throw ImageError(subject(), entry(), .system(error))
    }
}

/// Runs system calls and says on which image they failed.
func onImage<R: ~Copyable>(_ subject: @autoclosure () -> String, _ body: () throws(SystemError) -> R) throws(ImageError)
    -> R
{
    try onImage(subject(), "", body)
}
