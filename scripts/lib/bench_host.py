"""A host for the bench: a process in network and mount namespaces of its own that executes CNI plugins and times them.

Run as `bench_host.py PLUGIN_DIRECTORY STATE_DIRECTORY`; reads one JSON request a line on standard input and answers each
with one line. Nothing of the machine is touched: /run, /var/lib/cni and /var/lib/hawser are the host's own.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_CHILD_SUBREAPER = 36
libc = ctypes.CDLL(None, use_errno=True)


def checked(what, result):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind, flags, data=None):
    encode = lambda text: text.encode() if text else None
    checked(f"mount {target}", libc.mount(encode(source), encode(target), encode(kind), flags, encode(data)))


class Host:
    def __init__(self, plugins, state):
        self.plugins = plugins
        checked("prctl", libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
        checked("unshare", libc.unshare(CLONE_NEWNS | CLONE_NEWNET))
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755")
        for directory in ("cni", "hawser"):  # on the disk, where a real host has them
            os.makedirs(f"{state}/{directory}", exist_ok=True)
            os.makedirs(f"/var/lib/{directory}")
            mount(f"{state}/{directory}", f"/var/lib/{directory}", None, MS_BIND)
        mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
        os.makedirs("/run/netns")
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    def make_namespace(self, name):
        path = f"/run/netns/{name}"
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o644))
        checked("unshare", libc.unshare(CLONE_NEWNET))
        mount("/proc/thread-self/ns/net", path, None, MS_BIND)
        checked("setns", libc.setns(self.home, CLONE_NEWNET))
        return path

    def execute(self, plugin, command, configuration, container="", netns="", ifname="", launcher=()):
        """Runs one plugin once; returns status, output, wall and CPU seconds, and the launcher's file of results."""
        standard_input = os.memfd_create("in")
        os.write(standard_input, configuration)
        os.lseek(standard_input, 0, os.SEEK_SET)
        output = os.memfd_create("out")
        environment = {
            "PATH": os.environ["PATH"],
            "CNI_COMMAND": command,
            "CNI_CONTAINERID": container,
            "CNI_NETNS": netns,
            "CNI_IFNAME": ifname,
            "CNI_PATH": self.plugins,
        }
        actions = [(os.POSIX_SPAWN_DUP2, standard_input, 0), (os.POSIX_SPAWN_DUP2, output, 1)]
        path = f"{self.plugins}/{plugin}"
        argv = [*launcher, path]
        began = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, environment, file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - began
        answer = os.pread(output, 1 << 20, 0)
        os.close(standard_input)
        os.close(output)
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            raise RuntimeError(f"{path} {command} ended with {code}: {answer.decode(errors='replace')}")
        return answer, wall, usage.ru_utime + usage.ru_stime

    def reap(self):
        """CPU seconds of children that outlived a plugin (they come to us, their subreaper), after they have ended."""
        seconds = 0.0
        while True:
            try:
                _, _, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return seconds
            seconds += usage.ru_utime + usage.ru_stime

    def chain(self, command, plugins, container, netns, ifname, result, launcher=()):
        """ADD or DEL of a whole list of plugins, as a runtime does it; sums of wall and CPU seconds, and the result."""
        wall = cpu = 0.0
        for configuration in plugins if command == "ADD" else reversed(plugins):
            stdin = dict(configuration)
            if result is not None:
                stdin["prevResult"] = result
            answer, took, used = self.execute(
                stdin["type"], command, json.dumps(stdin).encode(), container, netns, ifname, launcher)
            wall += took
            cpu += used
            if command == "ADD":
                result = json.loads(answer)
        return wall, cpu, result

    # Requests

    def namespaces(self, names):
        return [self.make_namespace(name) for name in names]

    def version(self, plugin):
        _, wall, cpu = self.execute(plugin, "VERSION", b'{"cniVersion":"1.0.0"}')
        return {"wall": wall, "cpu": cpu}

    def run(self, **arguments):
        wall, cpu, result = self.chain(**arguments)
        return {"wall": wall, "cpu": cpu, "after": self.reap(), "result": result}

    def memory(self, plugin, command, configuration, container="", netns="", ifname=""):
        """Peak RSS in KiB of one execution. The kernel counts what a process was before its exec, so a small program
        (busybox) starts the plugin, not this one."""
        report = f"/run/time-{threading.get_ident()}"
        answer, _, _ = self.execute(
            plugin, command, json.dumps(configuration).encode(), container, netns, ifname,
            ["/usr/bin/busybox", "time", "-o", report, "-f", "%M"])
        self.reap()
        with open(report) as file:
            # busybox takes the kernel's KiB for pages.
            kibibytes = int(file.read().split()[-1]) * 1024 // os.sysconf("SC_PAGE_SIZE")
            return {"kibibytes": kibibytes, "result": json.loads(answer) if answer else None}

    def parallel(self, command, attachments):
        """All chains at once: wall seconds until the last has ended."""
        failures, results = [], [None] * len(attachments)

        def one(place, attachment):
            try:
                results[place] = self.chain(command=command, **attachment)[2]
            except Exception as error:  # reported to the driver, which stops
                failures.append(str(error))

        threads = [threading.Thread(target=one, args=item) for item in enumerate(attachments)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - began
        if failures:
            raise RuntimeError(failures[0])
        return {"wall": wall, "after": self.reap(), "results": results}

    def execute_only(self, plugin, command, configuration, container, netns, ifname):
        self.execute(plugin, command, json.dumps(configuration).encode(), container, netns, ifname)
        self.reap()
        return None

    def settle(self):
        """Waits until the bridges are quiet: new containers look for routers for some seconds, each packet to every port."""
        def flooded():
            links = json.loads(subprocess.run(["ip", "-j", "-s", "link"], capture_output=True, check=True).stdout)
            return sum(link["stats64"]["tx"]["packets"] for link in links)

        before, deadline = -1, time.monotonic() + 120
        while (now := flooded()) != before and time.monotonic() < deadline:
            before = now
            time.sleep(5)
        return {"quiet": now == before}

    def count(self):
        """What is present: links, reservations, nf_tables elements or rules."""
        lines = lambda *command: len(subprocess.run(command, capture_output=True, check=True).stdout.splitlines())
        return {"links": lines("ip", "-o", "link"), "rules": lines("nft", "list", "ruleset")}


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    host = Host(*sys.argv[1:3])
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"value": getattr(host, request.pop("do"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
