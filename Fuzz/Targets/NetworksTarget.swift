import CNI
import CNIRuntime
import JSON

/// What is accepted as a network, or as a kept attachment, is written so that it reads back as the same; and what a
/// plugin is given is a configuration that a plugin accepts.
func fuzzNetworks(_ bytes: [UInt8]) {
    guard let value = try? JSONValue.parse(bytes), let members = value.object else { return }
    if let list = try? NetworkList(members) {
        precondition((try? NetworkList(list.document)) == list, "a network kept is another network")
        checkConfigurations(of: list)
    }
    if let list = try? NetworkList(singlePlugin: members) {
        precondition(list.plugins.count == 1, "a single plugin is a list of one")
        checkConfigurations(of: list)
    }
    if let attachment = try? CachedAttachment(value) {
        precondition((try? CachedAttachment(attachment.document)) == attachment, "an attachment kept is another")
        _ = try? attachment.result()
    }
}

private func checkConfigurations(of list: NetworkList) {
    for plugin in list.plugins {
        let text = list.configuration(
            for: plugin, capabilityArguments: JSONObject([("mac", .string("02:00:00:00:00:01"))]),
            additions: [("prevResult", .object(JSONObject()))])
        do throws(CNIError) {
            let configuration = try NetworkConfiguration(text, for: .add)
            precondition(configuration.name == list.name && configuration.version == list.version, "another network")
            precondition(configuration.type == plugin.type, "another plugin")
            precondition(configuration.previousResult == CNIResult(), "another result")
            let keys = configuration.keys.members.keys
            precondition(!keys.contains("capabilities"), "a plugin sees what only a runtime needs")
            precondition(!keys.contains { $0.hasPrefix("cni.dev/") }, "a key that only a runtime makes")
        } catch {
            preconditionFailure("a plugin refuses what the runtime made: \(error)")
        }
    }
}
