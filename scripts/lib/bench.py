"""Times Hawser's CNI plugins beside Debian's containernetworking-plugins: see scripts/bench --help."""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Host:
    """A host of its own (bench_host.py) that has one suite's plugins."""

    def __init__(self, suite, plugins, state):
        self.suite = suite
        os.makedirs(state)
        self.process = subprocess.Popen(
            [sys.executable, f"{HERE}/bench_host.py", plugins, state],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, what, **arguments):
        print(json.dumps({"do": what, **arguments}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the bench's host with {self.suite} ended")
        answer = json.loads(line)
        if "error" in answer:
            sys.exit(f"{self.suite}: {what}: {answer['error']}")
        return answer["value"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def network(number, port=None, masquerade=True, subnet=None):
    """The chain of the bench: bridge with host-local and masquerade, and portmap where a port is published."""
    subnet = subnet or f"10.{100 + number}.0.0/16"
    common = {"cniVersion": "1.0.0", "name": f"bench{number}"}
    plugins = [{
        **common, "type": "bridge", "bridge": f"bench{number}", "isGateway": True, "ipMasq": masquerade,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": subnet}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }]
    if port is not None:
        mapping = {"hostPort": port, "containerPort": 80, "protocol": "tcp"}
        plugins.append({**common, "type": "portmap", "runtimeConfig": {"portMappings": [mapping]}})
    return plugins


def attachment(name, netns, ifname="eth0", **settings):
    return {"plugins": network(**settings), "container": name, "netns": netns, "ifname": ifname, "result": None}


class Series:
    """What was measured of one operation: lists of seconds."""

    def __init__(self):
        self.wall, self.cpu, self.after = [], [], []

    def take(self, sample):
        self.wall.append(sample["wall"])
        self.cpu.append(sample["cpu"])
        self.after.append(sample.get("after", 0.0))

    def figures(self):
        milliseconds = lambda seconds: round(seconds * 1000, 3)
        return {
            "runs": len(self.wall),
            "wall_min_ms": milliseconds(min(self.wall)),
            "wall_median_ms": milliseconds(statistics.median(self.wall)),
            "cpu_median_ms": milliseconds(statistics.median(self.cpu)),
            "cpu_min_ms": milliseconds(min(self.cpu)),
            "cpu_after_median_ms": milliseconds(statistics.median(self.after)),
        }


class Bench:
    def __init__(self, options, directory):
        self.options = options
        self.directory = directory
        self.report = {}
        self.hosts = 0

    def host(self, suite):
        self.hosts += 1
        plugins = self.options.ours if suite == "hawser" else self.options.reference
        return Host(suite, plugins, f"{self.directory}/{self.hosts}")

    def note(self, name, suite, figures):
        self.report.setdefault(name, {})[suite] = figures
        print(f"   {name}: {suite}", file=sys.stderr)

    def suites(self):
        return ["hawser", "reference"] if not self.options.only else [self.options.only]

    def start_up(self):
        """VERSION: what every execution of a plugin costs before it does anything."""
        hosts = {suite: self.host(suite) for suite in self.suites()}
        for plugin in ("bridge", "host-local", "portmap", "firewall", "tuning", "loopback"):
            series = {suite: Series() for suite in hosts}
            for turn in range(self.options.runs + 2):
                for suite, host in hosts.items():
                    sample = host("version", plugin=plugin)
                    if turn >= 2:
                        series[suite].take(sample)
            for suite in hosts:
                self.note(f"VERSION {plugin}", suite, series[suite].figures())
        for host in hosts.values():
            host.close()

    def attach(self, name, hosts, **settings):
        """ADD and DEL of one chain in turns on every host; each attachment has a network namespace of its own."""
        count = self.options.runs + 1
        spaces = {label: host("namespaces", names=[f"{name[:4]}{n}" for n in range(count)]) for label, host in hosts.items()}
        adds = {label: Series() for label in hosts}
        deletes = {label: Series() for label in hosts}
        for turn in range(count):
            for label, host in hosts.items():
                one = attachment(f"{name[:4]}-{turn}", spaces[label][turn], **settings)
                added = host("run", command="ADD", **one)
                one["result"] = added["result"]
                deleted = host("run", command="DEL", **one)
                if turn >= 1:  # the first makes what is shared: bridge, chains, directories
                    adds[label].take(added)
                    deletes[label].take(deleted)
        for label in hosts:
            self.note(f"ADD {name}", label, adds[label].figures())
            self.note(f"DEL {name}", label, deletes[label].figures())

    def chains(self):
        hosts = {suite: self.host(suite) for suite in self.suites()}
        self.attach("bridge", hosts, number=1, masquerade=False)
        self.attach("masquerade", hosts, number=2)
        self.attach("chain", hosts, number=3, port=8080)
        for host in hosts.values():
            host.close()

    def flat(self):
        """The chain on an empty host and on one with many other attachments, in turns."""
        others = self.options.others
        for suite in self.suites():
            many = others if suite == "hawser" else min(others, self.options.reference_others)
            if not many:
                continue
            hosts = {f"{suite} empty": self.host(suite), f"{suite} @{many}": self.host(suite)}
            full = hosts[f"{suite} @{many}"]
            # Each is a container of its own, as on a real host: in one namespace the kernel's work for them would grow with
            # their square. The kernel sends what a new container announces to every port of its bridge, so that the number
            # of networks matters (a bridge takes 1,024 ports); the measured one is among them.
            networks = self.options.networks
            crowd = full("namespaces", names=[f"crowd{n}" for n in range(many)])
            for n in range(many):
                one = attachment(f"crowd-{n}", crowd[n], number=3 + n % networks, port=20000 + n)
                full("run", command="ADD", **one)
                # The measured network's own pool is as full.
                full("execute_only", plugin="host-local", command="ADD", configuration=network(3)[0],
                     container=f"pool-{n}", netns=crowd[n], ifname="eth0")
            if not full("settle")["quiet"]:
                print(f"   {suite} @{many}: the crowd is not quiet yet", file=sys.stderr)
            print(f"   {suite} @{many}: {full('count')}", file=sys.stderr)
            self.attach("chain, others present", hosts, number=3, port=8080)
            for host in hosts.values():
                host.close()

    def parallel(self):
        """Twenty containers at once."""
        hosts = {suite: self.host(suite) for suite in self.suites()}
        adds = {suite: Series() for suite in hosts}
        deletes = {suite: Series() for suite in hosts}
        rounds = max(3, self.options.runs // 6)
        for turn in range(rounds + 1):
            for suite, host in hosts.items():
                names = [f"p{turn}-{n}" for n in range(20)]
                spaces = host("namespaces", names=names)
                many = [attachment(f"par-{name}", space, number=5, port=9000 + n)
                        for n, (name, space) in enumerate(zip(names, spaces))]
                added = host("parallel", command="ADD", attachments=many)
                for one, result in zip(many, added["results"]):
                    one["result"] = result
                deleted = host("parallel", command="DEL", attachments=many)
                if turn >= 1:
                    adds[suite].take({"wall": added["wall"], "cpu": 0.0})
                    deletes[suite].take({"wall": deleted["wall"], "cpu": 0.0})
        for suite, host in hosts.items():
            self.note("ADD 20 at once", suite, adds[suite].figures())
            self.note("DEL 20 at once", suite, deletes[suite].figures())
            host.close()

    def run(self):
        """Container runtimes beside each other (bench_run.py)."""
        programs = os.path.dirname(self.options.ours)
        lines = subprocess.run(
            [sys.executable, f"{HERE}/bench_run.py", f"{self.directory}", str(self.options.runs),
             f"{programs}/libexec/hawser-oci", f"{programs}/../.build/release/hawser", self.options.ours],
            stdout=subprocess.PIPE, text=True, check=True).stdout
        for what, suites in json.loads(lines).items():
            for suite, samples in suites.items():
                series = Series()
                for sample in samples:
                    series.take(sample)
                self.note(what, suite, series.figures())

    def memory(self):
        """Peak RSS of one execution of each plugin and command: the largest of five."""
        for suite in self.suites():
            host = self.host(suite)
            space = host("namespaces", names=["memory"])[0]
            bridge, portmap = network(6, port=8080)
            peaks = {}

            def peak(plugin, command, configuration, **where):
                answer = host("memory", plugin=plugin, command=command, configuration=configuration, **where)
                key = f"{command} {plugin}"
                peaks[key] = max(peaks.get(key, 0), answer["kibibytes"])
                return answer["result"]

            where = {"container": "memory", "netns": space, "ifname": "eth0"}
            for _ in range(5):
                for plugin, configuration in (("bridge", bridge), ("portmap", portmap)):
                    peak(plugin, "VERSION", configuration)
                    if suite == "hawser":
                        peak(plugin, "STATUS", {**configuration, "cniVersion": "1.1.0"})
                result = peak("bridge", "ADD", bridge, **where)
                chained = peak("portmap", "ADD", {**portmap, "prevResult": result}, **where)
                for plugin, configuration in (("portmap", portmap), ("bridge", bridge)):
                    # Debian's portmap 1.1.1 fails CHECK of an attachment without IPv6.
                    for command in ("CHECK", "DEL") if suite == "hawser" else ("DEL",):
                        peak(plugin, command, {**configuration, "prevResult": chained}, **where)
            for key, kibibytes in peaks.items():
                self.report.setdefault(f"RSS {key}", {})[suite] = {"peak_kib": kibibytes}
            print(f"   memory: {suite}", file=sys.stderr)
            host.close()


def command_output(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def surroundings(options):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "unknown")
    return {
        "kernel": platform.release(),
        "processor": f"{model}, {os.cpu_count()} of them",
        "load": os.getloadavg()[0],
        "hawser": command_output("git", "describe", "--always", "--dirty"),
        "reference": "containernetworking-plugins "
                     + command_output("dpkg-query", "-W", "-f", "${Version}", "containernetworking-plugins"),
        "iptables": command_output("iptables", "--version"),
        "command": "scripts/bench " + " ".join(options.arguments),
    }


def table(report, about):
    """The report as a Markdown table; ratios are ours divided by the reference's."""
    lines = [f"{key}: {value}" for key, value in about.items()]
    lines += ["", "| what | suite | CPU median ms | CPU min | wall min ms | wall median | CPU ratio | wall ratio |",
              "|---|---|---|---|---|---|---|---|"]
    memory = ["", "| peak RSS, KiB | hawser | reference |", "|---|---|---|"]
    for what, suites in report.items():
        if what.startswith("RSS "):
            row = [str(suites[suite]["peak_kib"]) if suite in suites else "" for suite in ("hawser", "reference")]
            memory.append(f"| {what[4:]} | {' | '.join(row)} |")
            continue
        labels = list(suites)
        for label in labels:
            base = next((other for other in labels if other != label and (
                other in ("reference", "crun") or (other.endswith(" empty") and other.split()[0] == label.split()[0]))), None)
            us = suites[label]
            ratios = ["", ""]
            if base and label != "reference" and not label.endswith(" empty"):
                them = suites[base]
                ratios = [f"{us[key] / them[key]:.3f}" if them[key] else "" for key in ("cpu_median_ms", "wall_min_ms")]
            cpu, least = us["cpu_median_ms"], us["cpu_min_ms"]
            if us["cpu_after_median_ms"]:
                cpu = f"{cpu} (+{us['cpu_after_median_ms']} after)"
            if what.endswith("at once"):
                cpu = least = ""
            lines.append(f"| {what} | {label} | {cpu} | {least} | {us['wall_min_ms']} | {us['wall_median_ms']} | "
                         f"{ratios[0]} | {ratios[1]} |")
    return "\n".join(lines + (memory if len(memory) > 3 else []))


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("--ours", required=True)
    parser.add_argument("--reference", default="/usr/lib/cni")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--others", type=int, default=2000)
    parser.add_argument("--networks", type=int, default=40)
    parser.add_argument("--reference-others", type=int, default=0)
    parser.add_argument("--only", choices=["hawser", "reference"])
    parser.add_argument("--json", default="bench-results/latest.json")
    parser.add_argument("parts", nargs="*", default=[])
    options = parser.parse_args()
    options.ours = os.path.abspath(options.ours)
    options.arguments = [word for word in sys.argv[1:] if word not in ("--ours", sys.argv[sys.argv.index("--ours") + 1])]
    directory = tempfile.mkdtemp(prefix="hawser-bench-", dir="/var/tmp")
    bench = Bench(options, directory)
    about = surroundings(options)
    try:
        for part in options.parts or ["start_up", "chains", "parallel", "flat", "memory", "run"]:
            getattr(bench, part)()
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(os.path.dirname(options.json) or ".", exist_ok=True)
    with open(options.json, "w") as file:
        json.dump({"about": about, "figures": bench.report}, file, indent=2)
    print(table(bench.report, about))


main()
