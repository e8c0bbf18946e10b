internal import CLinux

/// Memory as libc hands it out, where what it costs matters.
public enum Memory {
    /// Zeroed memory, aligned for anything: fresh from the kernel, its pages are made only when they are used.
    ///
    /// The caller gives it back by `free`.
    @inline(never)
    package static func zeroed(_ byteCount: Int) -> UnsafeMutableRawPointer {
        guard let memory = unsafe calloc(1, byteCount) else { fatalError("there is no memory left") }
        return unsafe memory
    }

    /// Gives `zeroed` memory back.
    @inline(never)
    package static func free(_ memory: UnsafeMutableRawPointer) { unsafe CLinux.free(memory) }

    /// Keeps freed memory for what comes: a process that ends in milliseconds need not give any back before.
    public static func keepFreed() { clinux_keep_freed_memory() }
}
