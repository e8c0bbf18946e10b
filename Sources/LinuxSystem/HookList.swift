internal import CLinux

// SAFETY: `hooks` is owned by this value alone until `release` gives it to a launch, which frees it.
/// Programs to run one after the other, each told a container's state on its standard input.
@safe
@frozen
public struct HookList: ~Copyable {
    private let hooks: OpaquePointer

    /// An empty list.
    public init() { unsafe hooks = hw_hooks_new() }

    deinit { unsafe Self.free(hooks) }

    @usableFromInline static func free(_ hooks: OpaquePointer) { unsafe hw_hooks_free(hooks) }

    /// Adds a program with its arguments, its own name first, and its whole environment; nil seconds: it may take for ever.
    public mutating func add(_ path: String, arguments: [String], environment: [String], seconds: Int?) {
        unsafe hw_hooks_add(hooks, path, CInt(clamping: seconds ?? 0))
        for argument in arguments { unsafe hw_hooks_add_argument(hooks, argument) }
        for assignment in environment { unsafe hw_hooks_add_environment(hooks, assignment) }
    }

    /// Runs them; nil when all succeeded, else what is to be said of the first that did not: the others are not run.
    public borrowing func run(state: String) -> String? {
        var text = [CChar](repeating: 0, count: 512)
        let failed = unsafe text.withUnsafeMutableBufferPointer {
            unsafe hw_hooks_run(hooks, state, $0.baseAddress, $0.count)
        }
        if failed == 0 { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    consuming func release() -> OpaquePointer {
        let value = unsafe hooks
        discard self
        return unsafe value
    }
}
