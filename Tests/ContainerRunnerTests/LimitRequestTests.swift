import ControlGroups
import JSON
import Testing

@testable import ContainerRunner

@Suite struct LimitRequestTests {
    @Test(
        "sizes are read as docker reads them",
        arguments: [
            ("512m", 512 << 20), ("2g", 2 << 30), ("1.5G", 3 << 29), ("64KiB", 64 << 10), ("64kb", 64 << 10),
            ("4096", 4096), ("4096b", 4096), ("1T", 1 << 40), ("0.5k", 512), ("1.0009765625k", 1025), ("0", 0),
        ] as [(String, Int64)])
    func sizes(_ text: String, _ bytes: Int64) { #expect(LimitText.bytes(text) == bytes) }

    @Test(
        "what is no size is refused",
        arguments: [
            "", "m", "5x", "-5m", "+5m", "5 m", "5ib", "5mm", "1.2.3k", ".5k", "5.", "99999999999g", "5m5", "0x5",
        ])
    func noSizes(_ text: String) { #expect(LimitText.bytes(text) == nil) }

    @Test("lists of processors are read", arguments: [("0", [0]), ("0-2,7", [0, 1, 2, 7]), ("3,1", [3, 1])])
    func lists(_ text: String, _ numbers: [Int]) { #expect(LimitText.numbers(text) == numbers) }

    @Test("what is no list is refused", arguments: ["", ",", "1,", "2-1", "-1", "1-", "a", "1-2-3", "0-99999999"])
    func noLists(_ text: String) { #expect(LimitText.numbers(text) == nil) }

    private func request(_ change: (inout LimitRequest) -> Void) -> LimitRequest {
        var request = LimitRequest()
        change(&request)
        return request
    }

    @Test("limits go where the OCI specification has them")
    func whole() throws {
        let limits = try request {
            ($0.memory, $0.memorySwap, $0.memoryReservation, $0.kernelMemory) = ("64m", "-1", "32m", "16m")
            ($0.memorySwappiness, $0.disablesOutOfMemoryKill, $0.oomScoreAdjustment) = (10, true, -5)
            ($0.processorShares, $0.processors, $0.realtimePeriod, $0.realtimeRuntime) = (512, "0.25", 2000, 1000)
            ($0.processorSet, $0.memoryNodeSet, $0.blockWeight, $0.processes) = ("0-1", "0", 300, 7)
            $0.sharedMemory = "1m"
        }.resolved()
        let expected = """
            {"memory":{"limit":67108864,"swap":-1,"reservation":33554432,"kernel":16777216,"swappiness":10,\
            "disableOOMKiller":true},"cpu":{"shares":512,"quota":25000,"period":100000,"realtimeRuntime":1000,\
            "realtimePeriod":2000,"cpus":"0-1","mems":"0"},"blockIO":{"weight":300},"pids":{"limit":7}}
            """
        #expect(limits.resources.json.text() == expected)
        #expect(limits.oomScoreAdjustment == -5 && limits.sharedMemory == 1 << 20)
        #expect(try ContainerSpecification.Limits(limits.json, path: "x") == limits)
        #expect(try LimitRequest().resolved() == ContainerSpecification.Limits())
    }

    static let refusals: [(LimitRequest, String)] = {
        func request(_ change: (inout LimitRequest) -> Void) -> LimitRequest {
            var request = LimitRequest()
            change(&request)
            return request
        }
        return [
            (request { $0.memory = "1m" }, "--memory: \"1m\" is not 4 MiB at least"),
            (request { $0.memory = "x" }, "--memory: \"x\" is not a size"),
            (request { $0.memorySwap = "64m" }, "--memory-swap: \"64m\" is not possible without --memory"),
            (
                request { ($0.memory, $0.memorySwap) = ("64m", "32m") },
                "--memory-swap: \"32m\" is not at least --memory"
            ),
            (
                request { ($0.memory, $0.memoryReservation) = ("64m", "65m") },
                "--memory-reservation: \"65m\" is not at most"
            ),
            (request { $0.memorySwappiness = 101 }, "--memory-swappiness: \"101\""),
            (request { $0.kernelMemory = "1k" }, "--kernel-memory: \"1k\""),
            (request { $0.oomScoreAdjustment = 1001 }, "--oom-score-adj: \"1001\""),
            (request { $0.processorShares = -1 }, "--cpu-shares: \"-1\""),
            (request { $0.processors = "0.001" }, "--cpus: \"0.001\" is not between 0.01 and"),
            (request { $0.processors = "100000" }, "--cpus: \"100000\""),
            (request { $0.processors = "1,5" }, "--cpus: \"1,5\" is not a number"),
            (request { ($0.processors, $0.quota) = ("1", 5000) }, "--cpu-quota: \"5000\" is not possible with --cpus"),
            (
                request { ($0.processors, $0.period) = ("1", 5000) },
                "--cpu-period: \"5000\" is not possible with --cpus"
            ),
            (request { $0.period = 999 }, "--cpu-period: \"999\""), (request { $0.period = 1_000_001 }, "--cpu-period"),
            (request { $0.quota = 999 }, "--cpu-quota: \"999\""),
            (request { ($0.realtimePeriod, $0.realtimeRuntime) = (1000, 1001) }, "--cpu-rt-runtime: \"1001\""),
            (request { $0.realtimeRuntime = 1_000_001 }, "--cpu-rt-runtime: \"1000001\""),
            (request { $0.processorSet = "0-" }, "--cpuset-cpus: \"0-\""),
            (request { $0.memoryNodeSet = "x" }, "--cpuset-mems"),
            (request { $0.blockWeight = 9 }, "--blkio-weight: \"9\""),
            (request { $0.blockWeights = ["/dev/null:5"] }, "--blkio-weight-device: \"/dev/null:5\" is not as"),
            (request { $0.readBytes = ["/dev/null:5"] }, "/dev/null is none"),
            (
                request { $0.readBytes = ["/no-such:5"] },
                "--device-read-bps: \"/no-such:5\" is not about a block device"
            ),
            (request { $0.writeOperations = ["sda:5"] }, "--device-write-iops: \"sda:5\" is not as /dev/sda:1000"),
            (request { $0.sharedMemory = "0" }, "--shm-size: \"0\""),
        ]
    }()

    @Test("docker's rules are kept, and the flag is named", arguments: refusals)
    func refused(_ request: LimitRequest, _ text: String) {
        #expect {
            try request.resolved()
        } throws: { error in
            let refusal = error as? RunnerError
            return refusal?.exitCode == 125 && refusal?.description.contains(text) == true
        }
    }

    @Test("an update changes what it names, lifts with -1, and keeps the rest")
    func update() throws {
        let first = try request { ($0.memory, $0.memorySwap, $0.processors, $0.processes) = ("64m", "128m", "0.5", 9) }
            .resolved()
        let second = try request { ($0.quota, $0.processes) = (20_000, -1) }.resolved(over: first)
        #expect(second.resources.memory == first.resources.memory)
        #expect(second.resources.processor.quota == 20_000 && second.resources.processor.period == 100_000)
        #expect(second.resources.processes == -1)
        #expect(try request { $0.processes = -1 }.resolved().resources.processes == nil)
        let lifted = try request { $0.memory = "-1" }.resolved(over: first)
        #expect(lifted.resources.memory.limit == -1 && lifted.resources.memory.swap == -1)
        #expect {
            try request { $0.memory = "1g" }.resolved(over: first)
        } throws: { error in
            (error as? RunnerError)?.description.contains("give a larger one as well") == true
        }
    }

    @Test(
        "numbers of bytes are written for a person",
        arguments: [
            (0, "0B"), (1023, "1023B"), (1024, "1.0KiB"), (1 << 20, "1.0MiB"), (1_600_000, "1.5MiB"),
            (.max, "8191.9PiB"),
        ]
            as [(Int64, String)])
    func byteCounts(_ bytes: Int64, _ text: String) { #expect(ReadableBytes.text(bytes) == text) }

    @Test("traffic is added up over all links but the loopback")
    func traffic() {
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo:     999       9    0    0    0     0          0         0      999       9    0    0    0     0       0          0
              eth0:    1296      16    0    0    0     0          0         0      866      10    0    0    0     0       0          0
              eth1:4 1 0 0 0 0 0 0 5 1 0 0 0 0 0 0
            """
        let sum = ContainerRunner.traffic(text)
        #expect(sum.received == 1300 && sum.sent == 871)
    }
}
