"""What dead targets of notifications cost a session: the figure that docs/operations.md promises.

    python tests/benchmarks/bench_notifying.py      exit 1 where a bar is missed

A real server takes photos in, with ten kinds of dead target named or with none; the turns of both follow each other. A
short session ends first, so that what was not taken of it is tried again while the measured one works. Told are wall
time and, because other programs may be at work on the machine, the processor time of the server with its workers and
of the processes that tell, each as the median of the ratios of neighbours. Both move by several percent on a busy
machine; what a round of deliveries costs does not, and there are four of them in the first three minutes.
"""

import contextlib
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pydantic import SecretStr

from app.notify.messages import Message, payload_of_a_test
from app.notify.sending import Delivery, Postman
from app.targets import parse_targets, targets_of
from tests.benchmarks.figures import report
from tests.samples import photo
from tests.support.fake_targets import DEAD, SECRET, FakeTarget
from tests.support.server import Server

FILES, TURNS = 1_000, 4
RATIO = 1.02
ROUND_SECONDS = 0.3


def cost_of(folder: Path, media: Path, urls: list[str]) -> tuple[float, float]:
    """Wall time and processor time of a session, in seconds, while what was told of another is tried again."""
    named = {"INGEST_NOTIFY": ",".join(urls), "INGEST_NOTIFY_SECRET": SECRET} if urls else {}
    with Server(folder, {"photos": media}, new=True, **named) as server:
        server.wait_for(server.begin("photos/first"), "completed")  # what is loaded once is no session's
        began, used = time.monotonic(), processor_seconds(server.process.pid)
        status = server.wait_for(server.begin("photos/then"), "completed", seconds=600)
        assert status["outcomes"]["added"] == FILES
        return time.monotonic() - began, processor_seconds(server.process.pid) - used


def cost_of_a_round(urls: list[str]) -> float:
    """Processor time of the process that tells these targets once, in seconds."""
    message = Message("one.1", payload_of_a_test("2026-11-30T10:00:00.000+00:00", "http://127.0.0.1:7862"))
    targets = targets_of(parse_targets(",".join(urls)))
    postman = Postman(SecretStr(SECRET), (), lambda: False, seconds=3.0, step_seconds=0.5)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(list(postman.post([Delivery(n, target, message) for n, target in enumerate(targets)]))) == len(urls)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def processor_seconds(pid: int) -> float:
    """Of a process and all below it, those that have ended and were waited for among them."""
    children: dict[int, list[int]] = {}
    times: dict[int, int] = {}
    for each in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            fields = Path("/proc", each, "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(each))
            times[int(each)] = sum(map(int, fields[11:15]))
    found, rest = 0, [pid]
    while rest:
        one = rest.pop()
        found += times.get(one, 0)
        rest += children.get(one, [])
    return found / os.sysconf("SC_CLK_TCK")


def measured() -> list[bool]:
    """Whether each figure keeps within its bar."""
    with tempfile.TemporaryDirectory() as temporary, contextlib.ExitStack() as stack:
        here = Path(temporary)
        photo(here / "media" / "first" / "a.jpg", seed=FILES)
        drawn = photo(here / "drawn.jpg", size=(1600, 1200)).read_bytes()
        (here / "media" / "then").mkdir()
        for number in range(FILES):  # each with other bytes behind its end: to draw them all would take minutes
            (here / "media" / "then" / f"{number:04d}.jpg").write_bytes(drawn + number.to_bytes(2))
        urls = [stack.enter_context(FakeTarget(kind)).url for kind in DEAD]
        one_round = statistics.median(cost_of_a_round(urls) for _ in range(TURNS))
        pairs = []
        for turn in range(TURNS):
            both = {}
            for named in (True, False) if turn % 2 else (False, True):  # whoever is second finds another machine
                both[named] = cost_of(here / f"{turn} {named}", here / "media", urls if named else [])
            pairs.append(costs := (both[False], both[True]))
            print("  none {:6.2f} s, {:6.2f} s of a processor; dead {:6.2f} s, {:6.2f} s".format(*costs[0], *costs[1]))
    wall, used = (statistics.median(dead[kind] / none[kind] for none, dead in pairs) for kind in (0, 1))
    return [
        report("a round of deliveries to ten dead targets, processor time", one_round, ROUND_SECONDS, "s"),
        report("a session with ten dead targets to one with none, wall time", wall, RATIO),
        report("the same, processor time of the server and all below it", used, RATIO),
    ]


if __name__ == "__main__":
    sys.exit(not all(measured()))
