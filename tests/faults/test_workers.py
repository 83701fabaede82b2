"""Workers that are killed, crash, hang or swallow memory: the session goes on, and only the bad file pays."""

import os
import random
import shutil
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import select

from app.analysis.analyzer import APPLIES, VERSIONS, Analyzer, prepare_worker
from app.ingest.executor import Limits, PoolExecutor
from app.ingest.ingestor import Ingestor
from app.ingest.runner import Runner
from app.library.recording import MEDIA
from app.media import Recipe, Stage
from tests.faults.answers import make_old
from tests.faults.tasks import Misbehaving
from tests.ingest.builders import Standing, Workplace, assert_sums_close
from tests.leftovers import rows, timeless, what_is_left
from tests.samples import write_many
from tests.server import Server, until

FILES = 200
LIMIT_SECONDS = 1.0
RECIPE = Recipe(VERSIONS, APPLIES, {Stage.NSFW: "There are no weights here."})
BAD = {
    "segfault": "decoder_crashed",
    "busy": "decoder_timeout",
    "asleep": "decoder_timeout",
    "memory": "decoder_memory",
}

# ------------------------------------------------------------------------------------------------------------- killed


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Files that take long enough to be killed in the middle of one."""
    folder = tmp_path_factory.mktemp("media")
    write_many(folder, FILES, size=(1600, 1200))
    make_old(folder)
    return folder


@pytest.fixture(scope="module")
def undisturbed(media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": media}) as server:
        return what_is_left(server, server.begin("photos"))


@pytest.mark.parametrize("kills", [5, pytest.param(50, marks=pytest.mark.faults)])
def test_workers_killed_again_and_again_cost_no_file(kills, media, undisturbed, tmp_path):
    rng = random.Random(20_261_121 + kills)
    with Server(tmp_path, {"photos": media}) as server:
        session_id = server.begin("photos")
        killed: set[int] = set()
        while len(killed) < kills:
            target = answered(server, session_id) + rng.randint(1, max(1, FILES // kills - 5))
            until(lambda target=target: answered(server, session_id) >= target, what=f"file {target}")
            worker = until(lambda: set(workers_of(server)) - killed, what="a worker").pop()
            os.kill(worker, 9)
            killed.add(worker)
            tried_again = answered(server, session_id) + 2
            assert tried_again < FILES, f"the session was over after {len(killed)} kills"
            until(lambda done=tried_again: answered(server, session_id) >= done, what="the file's second try")
        left = what_is_left(server, session_id)
        assert server.process.poll() is None
        assert server.status(session_id)["interruptions"] == 0
    assert left.statistics["outcomes"]["added"] == FILES
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
        plain.run()
    finally:
        plain.close()
    place = workshop(tmp_path / "bad", f"sqlite:///{bad_file}", files, bad)
    try:
        session = place.run()
        events = [e for e in place.library.all_events(session.session_id) if e.kind == "file_complete"]
    finally:
        place.close()
    print(session)
    workers = [int(path.name) for path in place.workers.iterdir()]
    assert len(workers) == 1 + bad  # a crash costs two, because it is tried again, and want of memory none
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
