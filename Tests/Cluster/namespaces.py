"""Trains over a network of which the bandwidth is known: a network namespace a process, joined by a switch, with `tc` on every cable.

    GRAFT=.build/release/graft python Tests/Cluster/namespaces.py [--processes 2,4] [--rates none,1gbit,100mbit] [--delays 0,1]

For each it prints what a step took and what the processes sent, as a multiple of the trained weights' bytes N. It fails where the model
is not the one that is trained alone, or where a process sends more than 2.2 N a step. Times are printed and not judged: they are
of whatever else the machine does. A delay is in milliseconds, one way: a switch in Python then, for kernels without netem.

Linux, as root, with iproute2 and Open MPI; skipped with a line where namespaces are not permitted.
"""

import argparse
import collections
import ctypes
import json
import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from run import MPI, Work

# Of the addresses that are set aside for measuring networks (RFC 2544).
NETWORK = "198.18.77"
# The switch hands on frames as the kernel has them: not yet cut to size, and without a checksum. See packet(7), linux/if_packet.h.
SOL_PACKET, PACKET_VNET_HDR, ETH_P_ALL, CLONE_NEWNET = 263, 15, 3, 0x40000000
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33


def shell(command, check=True):
    done = subprocess.run(command, shell=True, text=True, capture_output=True)
    if check and done.returncode != 0:
        raise OSError(f"{command}: {done.stderr.strip()}")
    return done.stdout


def bits(rate):
    """A second, of a rate as `tc` writes it."""
    for unit, factor in [("gbit", 1e9), ("mbit", 1e6)]:
        if rate.endswith(unit):
            return int(float(rate.removesuffix(unit)) * factor)
    raise OSError(f"{rate}: expected a rate such as 1gbit or 100mbit")


class Network:
    """Machines in a star. Every cable has the rate both ways, each way for itself."""

    def __init__(self, count, rate="none", delay=0.0, options=None):
        self.count, self.prefix = count, f"graft{os.getpid()}"
        self.rate, self.delay, self.ends = rate, delay, threading.Event()
        self.options = options or {}

    def __enter__(self):
        try:
            self.build()
        except OSError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.ends.set()
        for name in [*map(self.machine, range(self.count)), f"{self.prefix}s"]:
            shell(f"ip netns del {name}", check=False)

    def machine(self, index):
        return f"{self.prefix}m{index}"

    @staticmethod
    def address(index):
        return f"{NETWORK}.{index + 1}"

    def build(self):
        switch = f"{self.prefix}s"
        shell(f"ip netns add {switch}")
        if self.delay == 0:
            shell(f"ip -n {switch} link add bridge type bridge && ip -n {switch} link set bridge up")
        for index in range(self.count):
            name = self.machine(index)
            shell(f"ip netns add {name} && ip -n {name} link set lo up")
            shell(f"ip link add port{index} netns {switch} type veth peer name net netns {name}")
            shell(f"ip -n {name} address add {self.address(index)}/24 dev net && ip -n {name} link set net up")
            if self.delay == 0:
                shell(f"ip -n {switch} link set port{index} master bridge")
            shell(f"ip -n {switch} link set port{index} up")
            if self.rate != "none":
                # A burst of two milliseconds, as this machine's timers are late at times, and a queue that never drops a frame.
                burst = max(1 << 14, bits(self.rate) // 8 // 500)
                for where in [f"-n {name} qdisc add dev net", f"-n {switch} qdisc add dev port{index}"]:
                    shell(f"tc {where} root tbf rate {self.rate} burst {burst} limit 64mb")
        if self.delay > 0:
            ready = threading.Event()
            threading.Thread(target=self.hand_on, args=(ready,), daemon=True).start()
            if not ready.wait(10):
                raise OSError("the switch does not start")

    def hand_on(self, ready):
        """A switch that keeps every frame for the delay. Only this thread goes into the switch's namespace."""
        with open(f"/run/netns/{self.prefix}s") as space:
            if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        ports = []
        for index in range(self.count):
            port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            port.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            port.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
            port.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 26)
            port.bind((f"port{index}", ETH_P_ALL))
            port.setblocking(False)
            ports.append(port)
        ready.set()
        known, kept = {}, collections.deque()
        while not self.ends.is_set():
            wait = max(0.0, kept[0][0] - time.monotonic()) if kept else 0.05
            for port in select.select(ports, [], [], wait)[0]:
                try:
                    while True:
                        frame, source = port.recvfrom(1 << 17)
                        if source[2] != socket.PACKET_OUTGOING:
                            # Behind the header of the kernel's: the receiver, the sender.
                            known[frame[16:22]] = port
                            to = known.get(frame[10:16])
                            targets = [to] if to else [other for other in ports if other != port]
                            kept.append((time.monotonic() + self.delay, targets, frame))
                except BlockingIOError:
                    pass
                except OSError:
                    # The network is taken down.
                    return
            while kept and kept[0][0] <= time.monotonic():
                _, targets, frame = kept.popleft()
                for port in targets:
                    port.send(frame)

    def sent(self):
        """The bytes that each machine has sent: frames, with all headers."""
        return [
            json.loads(shell(f"ip -n {self.machine(index)} -s -j link show net"))[0]["stats64"]["tx"]["bytes"]
            for index in range(self.count)
        ]

    def launcher(self, folder):
        """Open MPI, which is given `ip netns exec` for SSH. Every machine has a name of its own, as it tells them apart by it."""
        agent = pathlib.Path(folder) / "agent.sh"
        cases = "\n".join(f"{self.address(index)}) name={self.machine(index)} ;;" for index in range(self.count))
        agent.write_text(
            f"""#!/bin/sh
case "$1" in
{cases}
esac
shift
exec ip netns exec "$name" unshare --uts sh -c "hostname $name; $*"
"""
        )
        agent.chmod(0o755)
        options = {
            "plm_rsh_agent": agent, "pml": "ob1", "btl": "tcp,self",
            "btl_tcp_if_include": f"{NETWORK}.0/24", "oob_tcp_if_include": f"{NETWORK}.0/24",
            **self.options,
        }
        first = self.machine(0)
        return MPI(
            "Open MPI", "ip",
            arguments=["netns", "exec", first, "unshare", "--uts", "sh", "-c", f'hostname {first}; exec "$@"', "sh"]
            + [shutil.which("mpirun.openmpi") or "mpirun", "--allow-run-as-root", "--bind-to", "none"]
            + ["--host", ",".join(f"{self.address(index)}:1" for index in range(self.count))]
            + [word for name, value in options.items() for word in ["--mca", name, str(value)]]
            + [word for name in ["GRAFT_THREADS", "GRAFT_CACHE"] for word in ["-x", name]],
        )


def measure(work, command, network=None):
    """A step's seconds without the first epoch's, what every machine sends in one, and the model."""
    settings = [*SETTINGS, *command]
    steps = STEPS * (EPOCHS - 1)
    sent = []
    for epochs in [1, EPOCHS]:
        before = network.sent() if network else []
        mpi = network.launcher(work.folder) if network else None
        words = (mpi.command(network.count) if mpi else []) + work.arguments([*settings, f"train.epochs={epochs}"])
        work.run(words, mpi, GRAFT_THREADS="1")
        sent.append([after - start for start, after in zip(before, network.sent() if network else [])])
        lines = (work.output / "metrics.jsonl").read_text().splitlines()
        model = work.model()
    # The fastest epoch: what the machine does beside makes steps slower, never faster.
    seconds = min(json.loads(line)["seconds"] for line in lines[1:]) / STEPS
    return seconds, [(more - less) / steps for less, more in zip(*sent)], model


# Whole batches.
PICTURES, STEPS, EPOCHS = 24, 9, 3
SETTINGS = ["train.freeze=none", f"train.batch_size={3 * PICTURES // STEPS}", "insight=false"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", default="2,4")
    parser.add_argument("--rates", default="none,1gbit,100mbit")
    parser.add_argument("--delays", default="0")
    parser.add_argument("--set", action="append", default=[], help="of the configuration")
    parser.add_argument("--mca", action="append", default=[], help="NAME=VALUE for Open MPI")
    chosen = parser.parse_args()
    missing = [name for name in ["ip", "tc", "unshare", "mpirun"] if not shutil.which(name)]
    if missing:
        print(f"skipped: no {', '.join(missing)} here")
        return 0
    try:
        with Network(2, "1gbit"):
            pass
    except OSError as error:
        print(f"skipped: network namespaces are not permitted here ({error})")
        return 0
    options = dict(option.split("=", 1) for option in chosen.mca)
    failed = False
    with tempfile.TemporaryDirectory(prefix="graft-cluster-") as folder:
        work = Work(folder, PICTURES)
        seconds, _, alone = measure(work, chosen.set)
        weights = 4 * trained(work, chosen.set)
        print(f"N = {weights} bytes; alone {seconds * 1e3:.0f} ms a step", flush=True)
        for count in map(int, chosen.processes.split(",")):
            for delay in map(float, chosen.delays.split(",")):
                for rate in chosen.rates.split(","):
                    with Network(count, rate, delay / 1000, options) as network:
                        seconds, sent, model = measure(work, chosen.set, network)
                    shares = [value / weights for value in sent]
                    checks = {"another model": model == alone, "more than 2.2 N": max(shares) <= 2.2}
                    fails = [name for name, holds in checks.items() if not holds]
                    failed = failed or bool(fails)
                    print(
                        f"{count} processes, {rate}, {delay:g} ms: {seconds * 1e3:.0f} ms a step, sent"
                        f" {' '.join(f'{share:.3f}' for share in shares)} N{''.join(f': FAILED, {why}' for why in fails)}",
                        flush=True,
                    )
    return failed


def trained(work, settings):
    """How many numbers a step trains, as the run says it."""
    out, _ = work.run(work.arguments([*SETTINGS, *settings, "train.epochs=1"]))
    shutil.rmtree(work.output)
    for line in out.splitlines():
        if "parameters" in line:
            return int(line.split("parameters")[0].split()[-1].replace(",", ""))
    raise AssertionError(f"no number of parameters: {out}")


if __name__ == "__main__":
    sys.exit(main())
