"""Workers that are killed, crash, hang or swallow memory: the session goes on, and only the bad file pays."""

import os
import random
import shutil
import signal
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from app.analysis.analyzer import Analyzer
from app.analysis.recipes import APPLIES, VERSIONS
from app.analysis.worker import prepare_worker
from app.ingest.run.ingestor import Ingestor
from app.ingest.run.runner import Runner
from app.ingest.workers.executor import PoolExecutor
from app.ingest.workers.worker import Limits
from app.library.tables import MEDIA
from app.media import Recipe, Stage
from tests.faults.answers import make_old
from tests.faults.tasks import Misbehaving
from tests.ingest.builders import Standing, Workplace, assert_sums_close, parameters
from tests.samples import write_many
from tests.support.leftovers import rows, timeless, what_is_left
from tests.support.server import Server, until

LIMIT_SECONDS = 1.0
RECIPE = Recipe(dict(VERSIONS), dict(APPLIES), {Stage.NSFW: "There are no weights here."})
BAD = {
    "segfault": "decoder_crashed",
    "busy": "decoder_timeout",
    "asleep": "decoder_timeout",
    "memory": "decoder_memory",
}

# ------------------------------------------------------------------------------------------------------------- killed


@pytest.mark.parametrize(("files", "kills"), [(30, 5), pytest.param(200, 50, marks=pytest.mark.faults)])
def test_workers_killed_again_and_again_cost_no_file(files, kills, tmp_path):
    media = tmp_path / "media"
    write_many(media, files, size=(1_600, 1_200))  # large enough to be killed in the middle of one
    make_old(media)
    with Server(tmp_path / "undisturbed", {"photos": media}) as server:
        undisturbed = what_is_left(server, server.begin("photos"))
    rng = random.Random(20_261_121 + kills)
    with Server(tmp_path / "server", {"photos": media}) as server:
        session_id = server.begin("photos")
        killed: set[int] = set()
        while len(killed) < kills:
            worker = until(lambda: set(workers_of(server)) - killed, what="a worker").pop()
            time.sleep(rng.uniform(0.0, 0.03))  # anywhere in a file
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
            target = answered(server, session_id) + 2
            assert target < files, f"the session was over after {len(killed)} kills"
            until(lambda target=target: answered(server, session_id) >= target, what="the file's second try")
        left = what_is_left(server, session_id)
        assert server.process.poll() is None
        assert server.status(session_id)["interruptions"] == 0
    assert left.statistics["outcomes"]["added"] == files
    assert left == undisturbed


def answered(server, session_id):
    """Files answered for, as the session file says."""
    return sum(server.session_file(session_id)["outcomes"].values())


def workers_of(server):
    """The processes that analyse: the fork server's children, which is the server's."""
    parents = dict(parents_of_processes())
    return [pid for pid, parent in parents.items() if parents.get(parent) == server.process.pid]


def parents_of_processes():
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue  # gone


# -------------------------------------------------------------------------------------------------------- misbehaving


class Workshop(Workplace):
    """A workplace with real workers, whose analysis misbehaves by the files' names."""

    def open(self) -> None:
        super().open()
        self.workers = self.media.parent / "workers"
        self.workers.mkdir(exist_ok=True)
        limits = Limits(image_seconds=LIMIT_SECONDS)
        self.executor = PoolExecutor(1, limits, prepare_worker, ["app.analysis.analyzer", "tests.faults.tasks"])
        task = Misbehaving(Analyzer({"m": str(self.media)}, RECIPE), str(self.workers))
        self.ingestor = Ingestor(
            self.folders, self.library, self.store, self.executor, lambda _: task, Standing(RECIPE)
        )
        self.runner = Runner(self.ingestor)


def workshop(folder, url, files, bad):
    """A workshop with so many files, some of which are named for what they do, spread among the others."""
    folder.mkdir(exist_ok=True)
    place = Workshop(folder, url)
    paths = write_many(place.media, files)
    for number, path in enumerate(paths[:: len(paths) // bad][:bad] if bad else []):
        path.rename(path.with_name(f"{list(BAD)[number % len(BAD)]}-{path.name}"))
    for path in place.media.iterdir():  # in the order of their numbers, not of their deeds
        (place.media / path.stem[-5:]).mkdir()
        path.rename(place.media / path.stem[-5:] / path.name)
    make_old(place.media)
    place.recover()
    return place


@pytest.mark.parametrize(("files", "bad"), [(20, 4), pytest.param(200, 20, marks=pytest.mark.faults)])
def test_files_that_crash_hang_or_swallow_memory_fail_alone(files, bad, migrated_sqlite, tmp_path):
    plain_file, bad_file = (shutil.copy(migrated_sqlite, tmp_path / name) for name in ("plain.db", "bad.db"))
    plain = workshop(tmp_path / "plain", f"sqlite:///{plain_file}", files, 0)
    try:
        started = plain.runner.start(parameters("m"))
        plain.runner.wait(started.session_id, lambda s: s.status.ended, 60)
    finally:
        plain.close()
    place = workshop(tmp_path / "bad", f"sqlite:///{bad_file}", files, bad)
    try:
        started = place.runner.start(parameters("m"))
        session = place.runner.wait(started.session_id, lambda s: s.status.ended, 15 * bad)
        events = [e for e in place.library.all_events(session.session_id) if e.kind == "file_complete"]
    finally:
        place.close()
    workers = [int(path.name) for path in place.workers.iterdir()]
    assert len(workers) > bad  # or nobody has counted them
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), seconds=5, what="the workers' end")

    assert (session.outcomes["added"], session.outcomes["failed"]) == (files - bad, bad)
    assert_sums_close(session)
    causes = {event.path.rpartition(b"/")[2].decode(): event.cause for event in events if event.outcome == "failed"}
    assert len(causes) == bad
    assert all(cause == BAD[name.partition("-")[0]] for name, cause in causes.items()), causes
    at = [datetime.fromisoformat(event.at) for event in events]
    assert max((later - earlier).total_seconds() for earlier, later in pairwise(at)) < LIMIT_SECONDS + 5
    taken_in, undisturbed = (
        {row["path"]: timeless(row) for row in rows(made.url, select(MEDIA))} for made in (place, plain)
    )
    assert taken_in == {path: row for path, row in undisturbed.items() if path in taken_in}
