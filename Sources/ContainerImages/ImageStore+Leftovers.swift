internal import LinuxSystem

extension ImageStore {
    /// What a killed load or removal left half-made, and claims of containers that are gone; nothing while somebody loads.
    ///
    /// `collect` removes it.
    public func leftovers() throws(ImageError) -> [String] {
        guard Files.exists("\(directory)/tmp") else { return [] }
        let store = try open()
        guard let content = try tryLockContent(store) else { return [] }
        defer { content.keepHeld() }
        return try onImage("store") { () throws(SystemError) in
            try Files.list("\(directory)/tmp").map { "\(directory)/tmp/\($0)" }
                + Files.list("\(directory)/uses").filter { !Files.exists("\(containers)/\($0)") }
                .map { "\(directory)/uses/\($0)" }
        }
    }
}
