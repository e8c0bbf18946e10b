import CTestSupport
import Synchronization

/// Runs `body` for 0..<count on threads of its own, at most `atOnce` at a time, and returns results in order.
@discardableResult
public func inParallel<R: Sendable>(
    _ count: Int, atOnce: Int, _ body: @escaping @Sendable (Int) throws -> R
) throws -> [R] {
    let work = ParallelWork(count: count, body)
    let context = unsafe Unmanaged<AnyParallelWork>.passUnretained(work)
    // Not the cooperative pool: each of these waits for processes.
    let result = withExtendedLifetime(work) {
        unsafe support_threads(
            Int32(min(atOnce, count)),
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<AnyParallelWork>.fromOpaque(context).takeUnretainedValue().run()
            }, context.toOpaque())
    }
    guard result == 0 else { throw TestFailure("pthread_create", errno: -result) }
    return try work.results()
}

/// What a thread without type parameters can call.
private class AnyParallelWork {
    func run() {}
}

private final class ParallelWork<R: Sendable>: AnyParallelWork {
    private let count: Int
    private let body: @Sendable (Int) throws -> R
    // Guards the next index and the results.
    private let state: Mutex<(next: Int, results: [Result<R, any Error>?])>

    init(count: Int, _ body: @escaping @Sendable (Int) throws -> R) {
        self.count = count
        self.body = body
        state = Mutex((0, [Result<R, any Error>?](repeating: nil, count: count)))
    }

    override func run() {
        while let index = take() {
            let result = Result { try body(index) }
            state.withLock { $0.results[index] = result }
        }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func results() throws -> [R] {
        try state.withLock { try $0.results.compactMap { try $0?.get() } }
    }
}
