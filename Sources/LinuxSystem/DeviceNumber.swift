/// What a device file stands for: a kind of device and its numbers.
public struct DeviceNumber: Hashable, Sendable {
    /// Whether it is a block device, else a character device.
    public let isBlock: Bool
    /// Which driver.
    public let major: UInt32
    /// Which of its devices.
    public let minor: UInt32

    /// Takes stat(2)'s number apart, as gnu_dev_major(3) and gnu_dev_minor(3) do.
    init(isBlock: Bool, number: UInt64) {
        self.isBlock = isBlock
        major = UInt32(truncatingIfNeeded: (number >> 8 & 0xfff) | (number >> 32 & ~0xfff))
        minor = UInt32(truncatingIfNeeded: (number & 0xff) | (number >> 12 & ~0xff))
    }
}
