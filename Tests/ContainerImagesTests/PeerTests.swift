import TestSupport
import Testing

@testable import ContainerImages

/// Images made by Debian's podman.
@Suite(.needsKernel, .needsPrograms("podman", "busybox")) struct PeerTests {
    @Test("what podman saves is loaded: one image, whatever the format, and the files that podman was given")
    func podman() throws {
        let fixture = try ImageFixture()
        // A mount namespace of its own: podman leaves its storage mounted.
        let podman = """
            CONTAINERS_CONF=$PWD/containers.conf unshare -m podman --root $PWD/storage --runroot $PWD/run --tmpdir $PWD/tmp \
            --storage-driver vfs
            """
        try fixture.shell(
            """
            printf '[engine]\\ncgroup_manager = "cgroupfs"\\nevents_logger = "none"\\n' > containers.conf
            mkdir -p root/bin root/etc root/srv/www; cp /bin/busybox root/bin; ln -s busybox root/bin/sh; ln root/bin/busybox root/bin/ls
            echo secret > root/etc/shadow; chmod 640 root/etc/shadow; chgrp 42 root/etc/shadow
            chown 1000:1001 root/srv/www; touch root/bin/su; chmod 4755 root/bin/su; mkfifo root/pipe; mknod root/null c 1 3
            tar -C root -cf root.tar .
            \(podman) import --change 'CMD ["/bin/sh", "-c", "echo hello"]' --change 'ENV A=b' --change 'USER 1000:1001' \
                --change 'EXPOSE 80/tcp' --change 'WORKDIR /srv/www' --change 'STOPSIGNAL SIGQUIT' root.tar mine:1 </dev/null
            for format in docker-archive oci-archive oci-dir; do \(podman) save --format $format -o $format mine:1; done
            """)
        let listing =
            "find . -mindepth 1 -printf '%p %y %m %U:%G %s %l\\n' | grep -v ' d ' | sort; md5sum bin/busybox etc/shadow"
        let given = try fixture.shell("cd root; \(listing)")
        var ids: Set<ImageDigest> = []
        for format in ["docker-archive", "oci-archive", "oci-dir"] {
            let store = ImageStore(stateDirectory: "\(fixture.root)/state-\(format)")
            let image = try #require(try store.load(from: "\(fixture.root)/\(format)").first)
            ids.insert(image.id)
            #expect(image.names == ["localhost/mine:1"])
            let layer = try #require(image.layerDirectories.first)
            #expect(try fixture.shell("cd \(layer); \(listing)") == given)
            #expect(try fixture.shell("stat -c %h \(layer)/bin/ls") == "2\n")
            let settings = image.configuration
            #expect(settings.command == ["/bin/sh", "-c", "echo hello"] && settings.environment.contains("A=b"))
            #expect(settings.user == "1000:1001" && settings.workingDirectory == "/srv/www")
            #expect(settings.exposedPorts.map(\.description) == ["80/tcp"] && settings.stopSignal == "3")
        }
        #expect(ids.count == 1)
        try fixture.shell("\(podman) rmi --all --force >/dev/null 2>&1")
    }
}
