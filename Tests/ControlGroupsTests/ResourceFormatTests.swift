import ControlGroups
import JSON
import Testing

@Suite struct ResourceFormatTests {
    /// Every member of `linux.resources` that is known here.
    static let complete = """
        {"devices":[{"allow":false,"type":"a","access":"rwm"},{"allow":true,"type":"c","major":1,"minor":3,"access":"rw"}],\
        "memory":{"limit":536870912,"swap":1073741824,"reservation":268435456,"kernel":-1,"swappiness":60,\
        "disableOOMKiller":true},"cpu":{"shares":1024,"quota":-1,"period":100000,"burst":5000,"realtimeRuntime":950000,\
        "realtimePeriod":1000000,"cpus":"0-1,3","mems":"0","idle":1},"blockIO":{"weight":500,\
        "weightDevice":[{"major":8,"minor":0,"weight":300}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":600}],\
        "throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":601}],"throttleReadIOPSDevice":[{"major":8,"minor":0,\
        "rate":602}],"throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":603}]},"pids":{"limit":32771},\
        "hugepageLimits":[{"pageSize":"2MB","limit":9223372036854775807}],"network":{"classID":1048577,\
        "priorities":[{"name":"eth0","priority":500}]},"unified":{"memory.high":"107374182"}}
        """

    @Test("what was read is written again as it was")
    func roundTrip() throws {
        let json = try JSONValue.parse(Self.complete)
        let limits = try ResourceLimits(json)
        #expect(limits.json == json)
        #expect(limits.memory.swap == 1 << 30)
        #expect(
            limits.devices.last
                == DeviceRule(allows: true, kind: .character, major: 1, minor: 3, access: [.read, .write]))
        #expect(limits.blockDevices.writeOperations == [ResourceLimits.DeviceValue(major: 8, minor: 0, value: 603)])
        #expect(!limits.isEmpty)
    }

    @Test("null, absent and unknown members limit nothing; numbers past 63 bits are the largest")
    func tolerant() throws {
        let limits = try ResourceLimits(
            JSONValue.parse(#"{"memory":{"limit":null},"cpu":null,"rdma":{"x":1},"pids":{"limit":0},"other":[]}"#))
        #expect(limits.processes == 0)
        #expect(limits.memory == ResourceLimits.Memory())
        let large = try ResourceLimits(
            JSONValue.parse(#"{"hugepageLimits":[{"pageSize":"2MB","limit":18446744073709551615}]}"#))
        #expect(large.hugePages.first?.limit == .max)
        #expect(try ResourceLimits(JSONValue.parse("{}")).isEmpty)
    }

    @Test(
        "what is no resources object is refused, and the member is named",
        arguments: [
            (#"{"memory":{"limit":"1g"}}"#, "memory.limit"), (#"{"memory":7}"#, "memory"),
            (#"{"cpu":{"cpus":1}}"#, "cpu.cpus"), (#"{"memory":{"limit":1.5}}"#, "memory.limit"),
            (#"{"blockIO":{"throttleReadBpsDevice":[{"major":8,"rate":1}]}}"#, "throttleReadBpsDevice[0].minor"),
            (#"{"devices":[{"type":"c"}]}"#, "devices[0].allow"),
            (#"{"devices":[{"allow":true,"type":"x"}]}"#, "devices[0].type"),
            (#"{"devices":[{"allow":true,"access":"x"}]}"#, "devices[0].access"),
            (#"{"unified":{"../cgroup.procs":"1"}}"#, "unified.../cgroup.procs"),
            (#"{"hugepageLimits":[{"pageSize":"a/b","limit":1}]}"#, "hugepageLimits[0].pageSize"), ("[]", "resources"),
        ])
    func refused(_ text: String, _ key: String) throws {
        let json = try JSONValue.parse(text)
        #expect {
            try ResourceLimits(json)
        } throws: { error in
            (error as? ResourceFormatError)?.description.contains(key) == true
        }
    }
}
