import OCIRuntime
import Testing

@Suite struct MountOptionTests {
    private func mount(_ options: String, type: String = "tmpfs") throws -> MountSpecification {
        let list = options.split(separator: ",").map { "\"\($0)\"" }.joined(separator: ",")
        let text = #"[{"destination": "/a", "type": "\#(type)", "source": "/b", "options": [\#(list)]}]"#
        return try #require(RuntimeSpecification.decode(specification([("mounts", text)])).mounts.first)
    }

    @Test("flags are set and taken away in order, the rest is the file system's") func flags() throws {
        let options = try mount("nosuid,noexec,exec,ro,rw,ro,mode=755,size=65536k").options
        #expect(options.flags == [.noSetUser, .readOnly])
        #expect(options.cleared == .noExecute)
        #expect(options.data == ["mode=755", "size=65536k"])
    }

    @Test("rbind is a bind with everything below, whatever the type says") func binds() throws {
        let mount = try mount("rbind,rprivate,rro", type: "none")
        #expect(mount.type == "bind")
        #expect(mount.options.flags == [.bind, .recursive])
        #expect(mount.options.propagations.map(\.kind) == [.private])
        #expect(mount.options.propagations.map(\.isRecursive) == [true])
        #expect(mount.options.recursive == .readOnly)
        #expect(try self.mount("ro", type: "bind").options.flags == [.bind, .readOnly])
    }

    @Test("an r before an option that is no attribute of a mount belongs to the file system") func recursiveNames()
        throws
    {
        #expect(try mount("rsize=4096,rsync").options.data == ["rsize=4096", "rsync"])
        let options = try mount("rnosuid,rsuid,rnodev").options
        #expect(options.recursive == .noDevices)
        #expect(options.recursiveCleared == .noSetUser)
    }

    @Test(
        "propagation carries the kernel's bits",
        arguments: [
            ("shared", 1 << 20), ("rslave", 1 << 19 | 16384), ("private", 1 << 18), ("runbindable", 1 << 17 | 16384),
        ] as [(String, UInt64)])
    func propagation(_ name: String, _ bits: UInt64) throws {
        #expect(MountPropagation(name: name)?.kernelFlags == bits)
    }

    @Test("copying up and id mapping are options of the runtime") func own() throws {
        let options = try mount("tmpcopyup,idmap,bind").options
        #expect(options.copiesUp && options.isIDMapped)
        #expect(options.data == [])
    }
}
