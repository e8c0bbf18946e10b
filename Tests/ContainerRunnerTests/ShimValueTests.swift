import ContainerRunner
import LinuxSystem
import Testing

@testable import ContainerShim

/// What the shim decides and says, without a container.
@Suite struct ShimValueTests {
    @Test("pauses double from 100 ms to a minute, and begin anew after ten seconds of running")
    func pauses() {
        var decision = RestartDecision(policy: .always)
        let short = (0..<12).map { _ in decision.next(code: 0, ranMilliseconds: 9999) }
        #expect(short == [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000])
        #expect(decision.next(code: 0, ranMilliseconds: 10_000) == 100)
        #expect(decision.count == 13)
    }

    @Test("a policy says which ends are followed by a start")
    func policies() throws {
        let cases: [(String, Int, Int, Bool)] = [
            ("no", 1, 0, false), ("always", 0, 5, true), ("unless-stopped", 0, 5, true), ("on-failure", 0, 0, false),
            ("on-failure", 1, 100, true), ("on-failure:2", 1, 1, true), ("on-failure:2", 1, 2, false),
        ]
        for (text, code, count, starts) in cases {
            let policy = try #require(RestartPolicy(text))
            #expect(policy.description == text)
            var decision = RestartDecision(policy: policy, count: count)
            #expect((decision.next(code: code, ranMilliseconds: 0) != nil) == starts, "\(text) \(code) \(count)")
        }
        for wrong in ["on-failure:", "on-failure:-1", "on-failure:x", "Always", "unless"] {
            #expect(RestartPolicy(wrong) == nil, "\(wrong)")
        }
    }

    @Test("requests and messages are read back as they were sent; what is none is none")
    func messages() {
        let requests: [ShimRequest] = [
            .create(attached: true), .create(attached: false), .start, .released, .attach, .wait, .signal(.kill),
            .resize(Terminal.Size(rows: 3, columns: 4)), .input([0, 10, 255]), .input([]), .inputEnd,
            .unread(isError: true), .unread(isError: false), .stopping, .restarting, .policy(.onFailure(limit: 3)),
            .adopt,
        ]
        for request in requests { #expect(ShimRequest(request.bytes) == request) }
        let messages: [ShimMessage] = [
            .ready(networkNamespace: "/proc/1/fd/3", process: 7), .running, .refused(code: 127, reason: "a\nb"),
            .ended(code: 3, restarts: true), .ended(code: 0, restarts: false), .done, .impossible(reason: "x\ny"),
            .more, .inputClosed, .output(isError: true, [1, 2]), .output(isError: false, []),
        ]
        for message in messages { #expect(ShimMessage(message.bytes) == message) }
        for nonsense in [
            "", "ready", "ended\nx\nover", "resize\n1\n-1", "signal\n99", "start\n1", "policy\nnever", "\u{3}",
        ] {
            #expect(ShimMessage(Array(nonsense.utf8)) == nil)
            #expect(ShimRequest(Array(nonsense.utf8)) == nil)
        }
    }

    @Test("detach keys are found in what is typed, however it arrives; the rest goes on as it was")
    func detachKeys() throws {
        let cases: [(String, [[UInt8]], [UInt8], Bool)] = [
            ("ctrl-p,ctrl-q", [[0x10, 0x11]], [], true), ("ctrl-p,ctrl-q", [[97, 0x10], [0x11, 98]], [97], true),
            ("ctrl-p,ctrl-q", [[0x10], [97]], [0x10, 97], false),
            ("ctrl-p,ctrl-q", [[0x10, 0x10], [0x11]], [0x10], true), ("a,b", [[97, 97, 98]], [97], true),
            ("ctrl-@", [[0]], [], true), ("ctrl-\\", [[0x1C]], [], true), ("", [[0x10, 0x11]], [0x10, 0x11], false),
        ]
        for (text, typed, passed, complete) in cases {
            var keys = try DetachKeys(text)
            var result: (bytes: [UInt8], areComplete: Bool) = ([], false)
            for piece in typed {
                let (bytes, areComplete) = keys.pass(piece[...])
                result = (result.bytes + bytes, areComplete)
            }
            #expect(result.bytes == passed && result.areComplete == complete, "\(text) \(typed)")
        }
        for wrong in ["ctrl-", "ctrl-A", "ctrl-1", "ab", "a,,b"] {
            #expect(throws: RunnerError.self) { try DetachKeys(wrong) }
        }
    }

    @Test("sizes are written as docker writes them")
    func sizes() {
        for (text, value) in [("0", 0), ("17", 17), ("2k", 2048), ("10M", 10 << 20), ("1gb", 1 << 30), ("3b", 3)] {
            #expect(ByteCount(text)?.value == Int64(value), "\(text)")
        }
        for wrong in ["", "k", "-1", "1.m", "10x", "99999999999999t"] { #expect(ByteCount(wrong) == nil, "\(wrong)") }
    }

    @Test("times of logs are dates, seconds or how long ago")
    func times() throws {
        let now: Int64 = 1_700_000_000_000_000_000
        let cases: [(String, Int64)] = [
            ("1970-01-01", 0), ("2000-02-29T00:00:00Z", 951_782_400_000_000_000),
            ("2023-11-14T22:13:20Z", now), ("2023-11-14T23:13:20.25+01:00", now + 250_000_000),
            ("2023-11-14T22:13", now - 20_000_000_000), ("1700000000", now), ("1700000000.000000007", now + 7),
            ("10m", now - 600_000_000_000), ("1h30m", now - 5_400_000_000_000), ("0s", now),
            ("500ms", now - 500_000_000),
        ]
        for (text, moment) in cases {
            #expect(try LogTime(option: "--since", text, now: now).nanoseconds == moment, "\(text)")
        }
        for wrong in ["", "yesterday", "2023-13-01", "2023-11-14T25:00", "1h30", "5x", "2023-11-14T22:13:20+1"] {
            #expect(throws: RunnerError.self) { try LogTime(option: "--since", wrong, now: now) }
        }
    }
}
