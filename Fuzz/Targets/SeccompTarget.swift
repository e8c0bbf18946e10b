import JSON
import Seccomp

/// Whatever a profile says, it is refused with a reason or compiled to a program that the kernel would look at.
func fuzzSeccomp(_ bytes: [UInt8]) {
    guard let json = try? JSONValue.parse(bytes) else { return }
    for capabilities: UInt64 in [0, .max] {
        let subject = SeccompProfile.Subject(capabilities: capabilities, kernel: KernelVersion(major: 6, minor: 1))
        do throws(SeccompError) {
            let profile = try SeccompProfile(json, for: subject)
            let filter = try profile.compile()
            precondition(!filter.bytes.isEmpty && filter.bytes.count.isMultiple(of: 8), "no program")
            precondition(filter.bytes.count <= 8 * 4096, "the kernel would refuse it")
        } catch {
            precondition(!error.description.isEmpty)
        }
    }
}
