import JSON
import OCIRuntime

/// Whatever a bundle says, it is read or refused with a key and a reason.
func fuzzOCI(_ bytes: [UInt8]) {
    do throws(OCIError) {
        let specification = try RuntimeSpecification.decode(bytes)
        precondition(!specification.rootPath.isEmpty && specification.linux.namespace(.mount) != nil)
        if let process = specification.process {
            precondition(!process.arguments.isEmpty)
            for limit in process.limits { precondition(limit.name.utf8.count > 7 && limit.soft <= limit.hard) }
        }
        for mapping in specification.linux.userMappings {
            _ = IDMapping.host(.max, in: [mapping])
            _ = IDMapping.text([mapping])
        }
    } catch {
        precondition(!error.description.isEmpty)
    }
    _ = try? ProcessSpecification.decode(bytes, file: "process.json")
    if let record = try? ContainerRecord.decode(bytes, file: "state.json") {
        precondition((try? ContainerRecord.decode(record.json.encoded(), file: "state.json")) == record)
        _ = record.state(.running)
    }
}
