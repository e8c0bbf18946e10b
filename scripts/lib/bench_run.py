"""Times container runtimes on the same work, in turns: see scripts/bench --help, part `run`.

Run as `bench_run.py DIRECTORY RUNS HAWSER_OCI HAWSER PLUGINS`; prints samples as JSON: what is run, by whom, a list of wall and
CPU seconds. CPU is of everything that was started: orphans come to this process, their subreaper.
"""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_REC, MS_PRIVATE, MNT_DETACH = 0x4000, 0x40000, 2
PR_SET_CHILD_SUBREAPER = 36
UNIFIED = b"/sys/fs/cgroup/unified"
libc = ctypes.CDLL(None, use_errno=True)


def checked(what, result):
    if result < 0:
        raise OSError(ctypes.get_errno(), what)


def own_mounts():
    checked("prctl", libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
    checked("unshare", libc.unshare(CLONE_NEWNS | CLONE_NEWNET))
    checked("mount", libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None))
    for directory in (b"/run", b"/var/lib/hawser", b"/var/lib/cni", b"/var/lib/containers"):
        if directory == b"/run" or os.path.isdir(directory):
            checked("mount", libc.mount(b"tmpfs", directory, b"tmpfs", 0, b"mode=755"))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def make_bundle(directory):
    """busybox alone, in what `runc spec` writes, with the command `true`."""
    root = f"{directory}/rootfs"
    for name in ("bin", "proc", "sys", "dev", "tmp", "etc"):
        os.makedirs(f"{root}/{name}")
    shutil.copy(shutil.which("busybox"), f"{root}/bin/busybox")
    os.symlink("busybox", f"{root}/bin/true")
    subprocess.run(["runc", "spec", "--bundle", directory], check=True)
    with open(f"{directory}/config.json") as file:
        config = json.load(file)
    config["process"]["terminal"] = False
    config["process"]["args"] = ["/bin/true"]
    # Capabilities that every machine can grant, in the sets that all runtimes read alike.
    config["process"]["capabilities"].pop("ambient", None)
    with open(f"{directory}/config.json", "w") as file:
        json.dump(config, file)


def measured(commands):
    """Wall and CPU seconds of commands one after the other, with everything they leave behind."""
    began, cpu = time.perf_counter(), 0.0
    null = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    for command in commands:
        process = os.posix_spawn(command[0], command, os.environ, file_actions=null)
        while True:
            ended, status, usage = os.wait4(-1, 0)
            cpu += usage.ru_utime + usage.ru_stime
            if ended == process:
                break
        if os.waitstatus_to_exitcode(status) != 0:
            sys.exit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    wall = time.perf_counter() - began
    while True:
        try:
            _, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return {"wall": wall, "cpu": cpu}
        cpu += usage.ru_utime + usage.ru_stime


def in_turns(report, what, contestants, runs):
    for turn in range(runs + 3):
        for label, commands in contestants.items():
            sample = measured(commands(turn))
            if turn >= 3:
                report.setdefault(what, {}).setdefault(label, []).append(sample)
    print(f"   {what}: {', '.join(contestants)}", file=sys.stderr)


def runtimes(directory, ours, others):
    found = {"hawser-oci": [ours, "--root", f"{directory}/state-hawser"]}
    for name in others:
        if shutil.which(name):
            found[name] = [shutil.which(name), "--root", f"{directory}/state-{name}"]
    return found


def main():
    directory, runs, ours, hawser, plugins = sys.argv[1], int(sys.argv[2]), *sys.argv[3:6]
    own_mounts()
    bundle = f"{directory}/bundle"
    make_bundle(bundle)
    report = {}

    def whole(runtime):
        return lambda turn: [[*runtime, "run", "--bundle", bundle, f"bench-{turn}"]]

    def parts(runtime):
        return lambda turn: [[*runtime, "create", "--bundle", bundle, f"bench-{turn}"],
                             [*runtime, "start", f"bench-{turn}"], [*runtime, "delete", "--force", f"bench-{turn}"]]

    full = runtimes(directory, ours, ["runc"])
    in_turns(report, "OCI run of true", {name: whole(runtime) for name, runtime in full.items()}, runs)
    others = {}
    if os.path.exists(hawser):
        os.environ["HAWSER_PLUGIN_DIR"] = plugins
        os.environ["HAWSER_CGROUP"] = "hawser-bench"
        others["hawser"] = lambda turn: [[hawser, "run", "--rm", "--network", "none", "--", "true"]]
    if shutil.which("bwrap"):
        line = [shutil.which("bwrap"), "--bind", f"{bundle}/rootfs", "/", "--proc", "/proc", "--dev", "/dev"]
        others["bubblewrap"] = lambda turn: [[*line, "--unshare-all", "/bin/true"]]
    if shutil.which("podman"):
        store = [f"--{name}={directory}/podman-{name}" for name in ("root", "runroot", "tmpdir")]
        for name, runtime in full.items():
            line = [shutil.which("podman"), *store, "--storage-driver=vfs", "--cgroup-manager=cgroupfs",
                    f"--runtime={runtime[0]}", "run", "--rm", "--network=none", "--ulimit=nofile=1024:1024",
                    "--ulimit=nproc=1024:1024", "--log-driver=none", "--rootfs", f"{bundle}/rootfs", "/bin/true"]
            others[f"podman with {name}"] = lambda turn, line=line: [line]
    in_turns(report, "container of true, no network", others, max(3, runs // 4))
    # crun refuses version 1 beside version 2 with a controller: for it, and so for all, version 2 is not there.
    if os.path.ismount(UNIFIED):
        checked("umount2", libc.umount2(UNIFIED, MNT_DETACH))
    alone = runtimes(directory, ours, ["crun", "runc"])
    in_turns(report, "OCI run of true, version 1 alone", {name: whole(runtime) for name, runtime in alone.items()}, runs)
    in_turns(report, "create, start, delete of true, version 1 alone",
             {name: parts(runtime) for name, runtime in alone.items()}, runs)
    json.dump(report, sys.stdout)


main()
