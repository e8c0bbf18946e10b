internal import CNI
internal import LinuxSystem
public import PluginKit

/// The lock under which ports are published and withdrawn, so that two attachments cannot both find a port free.
///
/// It is held until this value's lifetime ends.
public struct PortLock: ~Copyable {
    private let lock: FileLock

    /// Waits until the lock is free, 30 seconds at most.
    public static func acquire(_ directories: StateDirectories) throws(FirewallError) -> PortLock {
        try PortLock(
            lock: system { () throws(SystemError) in
                let directory = try Directory.open(directories.run, creating: 0o755)
                return try FileLock.acquire("ports.lock", in: directory, mode: 0o600, milliseconds: 30_000)
            })
    }

    private init(lock: consuming FileLock) { self.lock = lock }

    /// An explicit last use, so that the lock is held to the end of a scope: `defer { lock.keepHeld() }`.
    public borrowing func keepHeld() { lock.keepHeld() }
}
