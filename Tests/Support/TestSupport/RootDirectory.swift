/// A container's root directory made of busybox alone: no registry, no image.
public enum RootDirectory {
    /// Makes it on a host.
    public static func make(on host: TestHost, at path: String) throws {
        try host.shell(
            """
            mkdir -p \(path)/bin \(path)/proc \(path)/sys \(path)/dev \(path)/etc \(path)/tmp \(path)/run \(path)/var
            cp "$(command -v busybox)" \(path)/bin/busybox
            for name in sh sleep echo cat id ls mount stat env hostname grep mkdir touch chmod readlink true; do
                ln -s busybox \(path)/bin/$name
            done
            """)
    }
}
