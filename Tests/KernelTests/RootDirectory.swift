import TestSupport

/// A container's root directory made of busybox alone: no registry, no image.
enum RootDirectory {
    static func make(on host: TestHost, at path: String) throws {
        try host.shell(
            """
            mkdir -p \(path)/bin \(path)/proc \(path)/sys \(path)/dev \(path)/etc \(path)/tmp \(path)/run \(path)/var
            cp "$(command -v busybox)" \(path)/bin/busybox
            for name in sh sleep echo; do ln -s busybox \(path)/bin/$name; done
            """)
    }
}
