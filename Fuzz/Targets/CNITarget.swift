import CNI
import JSON
import LinuxSystem

/// A plugin process from environment to answer.
///
/// The first byte chooses the verb, a NUL ends CNI_ARGS, the rest is standard input. Whatever comes, it answers one JSON document or none, and an error has a code of docs/errors.md.
func fuzzCNI(_ bytes: [UInt8]) {
    let verb = Verb.allCases[Int(bytes.first ?? 0) % Verb.allCases.count]
    let rest = bytes.dropFirst()
    let arguments = rest.prefix { $0 != 0 }
    let input = Array(rest.dropFirst(arguments.count + 1))
    let environment = [
        "CNI_COMMAND=\(verb)", "CNI_CONTAINERID=c1", "CNI_NETNS=/run/netns/c1", "CNI_IFNAME=eth0", "CNI_PATH=/nowhere",
        "CNI_ARGS=\(String(decoding: arguments, as: UTF8.self))",
    ]
    let process = PluginProcess(
        environment: environment, readInput: { (_) throws(SystemError) in input },
        isOwnNamespace: { (_) throws(SystemError) in false })
    let answer = process.run(Probe.self)
    switch answer.status {
    case 0:
        guard !answer.output.isEmpty else { return }
        precondition((try? JSONValue.parse(answer.output)) != nil, "the answer is no JSON document")
    default:
        precondition(answer.status == 1, "an error ends with 1")
        guard let error = CNIError(document: answer.output) else { preconditionFailure("the error is no document") }
        precondition([1, 2, 3, 4, 5, 6, 7, 11, 50, 51, 100, 101, 102, 103].contains(error.code), "an unlisted code")
        precondition(!error.message.isEmpty, "an error without a sentence")
    }
    precondition(verb != .version || answer.status == 0, "VERSION always answers")
}

/// Reads everything that the protocol's modules can read from a configuration, and answers what it was given.
private enum Probe: Plugin {
    static let name = "probe"
    static let about = "reads everything"
    static let minimumVersion = CNIVersion.v0_1_0
    static let namespaceRule = NamespaceRule.another

    static func decode(_ configuration: NetworkConfiguration, for verb: Verb) throws(CNIError) {
        _ = try configuration.dns()
        _ = try configuration.ipam()?.string("type")
        guard let runtime = try configuration.runtimeConfig() else { return }
        _ = try runtime.mac("mac")
        _ = try runtime.network("network")
        _ = try runtime.address("address")
        _ = try runtime.stringList("strings")
        _ = try runtime.integer("number", in: 0...100)
        _ = try runtime.objectLists("ipRanges")
        for mapping in try runtime.objects("portMappings") { _ = try mapping.integer("hostPort", in: 1...65535) }
    }

    static func add(_ request: AttachmentRequest, _ configuration: Void) throws(CNIError) -> CNIResult {
        try request.arguments.refuseUnknown()
        _ = try request.requestedMAC()
        let result = request.configuration.previousResult ?? CNIResult()
        // Where all of a result can be written, reading it again gives the same result.
        for version in CNIVersion.allCases where version >= .v1_1_0 {
            let written = try result.encoded(version: version)
            guard let value = try? JSONValue.parse(written) else { preconditionFailure("the result is no JSON") }
            let again = try CNIResult(value, assumed: version, path: "again")
            precondition(again == result, "a result changed on the way")
        }
        return result
    }

    static func check(_ request: AttachmentRequest, _ configuration: Void) throws(CNIError) {
        _ = try request.configuration.requiredPreviousResult()
    }

    static func delete(_ request: AttachmentRequest, _ configuration: Void) throws(CNIError) {}

    static func collectGarbage(
        _ request: NetworkRequest, _ configuration: Void, keeping valid: [Attachment.ID]
    ) throws(CNIError) {
        for attachment in valid { precondition(!attachment.ifname.isEmpty || !attachment.containerID.isEmpty) }
    }

    static func status(_ request: NetworkRequest, _ configuration: Void) throws(CNIError) {}
}
