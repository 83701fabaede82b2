"""Sessions driven at random, to see that every number tells the same truth at any moment.

Status, events, lists, report, view, history and command line are compared, over trees that change: with failures,
retries, pauses, forced runs, cancels, and servers that are ended, or killed.
"""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.cli import looking
from app.media import Outcome, Skip, Stage
from tests.support.description import hold_to_description
from tests.support.named_files import GATE, Gate
from tests.support.server import Server, query, until
from tests.support.sums import STATUSES, assert_sums_close, counted_in
from tests.support.warm import STANDS_IN

ROWS = ("stage_start", "file_complete", "stage_progress", "stage_complete")
NAMES = ("good", "fine", "nice", "cut", "empty", "lock", "dead", "lack", "part")
OLD = 1_700_000_000
ENDED = ("completed", "cancelled")
KILLED_WITHIN = 12  # files


class Tree:
    """A media root that changes."""

    def __init__(self, root: Path, rng: random.Random) -> None:
        self.root, self.rng, self.written, self.lost = root, rng, 0, False
        for _ in range(rng.randint(20, 40)):
            self.write()
        for name in ("notes.txt", ".hidden.jpg", "x.xmp"):
            (root / name).write_bytes(b"x")

    def write(self) -> None:
        self.written += 1
        folder = self.root / self.rng.choice(("", "a", "a/b", "c"))
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.rng.choice(NAMES)}{self.written}.{self.rng.choice(('jpg', 'png'))}"
        self.fill(folder / name)

    def fill(self, path: Path) -> None:
        path.write_bytes(self.rng.randbytes(self.rng.randint(1, 200)))
        os.utime(path, (OLD + self.rng.randint(0, 10_000),) * 2)

    def lose(self, pending: list[str]) -> None:
        """Removes one of the files that a session was to come to; perhaps it still is."""
        (self.root / self.rng.choice(pending).removeprefix("photos/")).unlink(missing_ok=True)
        self.lost = True

    def files(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*.[jp][pn]g") if not path.name.startswith("."))

    def change(self) -> None:
        """Writes, rewrites, renames or removes some files; never so many that a person would be asked."""
        self.lost = False
        for path in self.rng.sample(self.files(), 6):
            match self.rng.choice(("rewrite", "touch", "rename", "remove", "write")):
                case "rewrite":
                    self.fill(path)
                case "touch":
                    os.utime(path, (OLD + 20_000 + self.rng.randint(0, 99_999),) * 2)
                case "rename":
                    path.rename(path.with_stem(f"{path.stem}9"))
                case "remove":
                    path.unlink()
                case "write":
                    self.write()


class Driver:
    """Sessions over a tree, and what is asked of them at every moment; `said` catches what commands print."""

    def __init__(self, folder: Path, rng: random.Random, said: pytest.CaptureFixture[str]) -> None:
        root = folder / "root"
        root.mkdir()
        self.tree, self.rng, self._said = Tree(root, rng), rng, said
        self.gate = Gate(folder / "gate")
        self.gate.open()
        self.server = Server(
            folder, {"photos": root}, **{STANDS_IN: "tests.support.named_files", GATE: str(folder / "gate")}
        )
        self.moments = self.kills = 0

    def parameters(self) -> dict[str, Any]:
        asked = {
            name: False
            for name in ("extract_metadata", "extract_keywords", "import_scores", "generate_thumbnails")
            if self.rng.random() < 0.2
        }
        if self.rng.random() < 0.3:
            asked["enable_nsfw_detection"] = False
        return asked | self.rng.choice(
            (
                {},
                {"skip_existing": False},
                {"max_files": self.rng.randint(1, 20)},
                {"pattern": self.rng.choice(("*.png", "good*|cut*"))},
                {"min_bytes": self.rng.randint(0, 100), "max_bytes": self.rng.randint(100, 200)},
                {"recursive": False, "directory": "photos/a"},
                {"directory": "photos/a", "skip_existing": False},
            )
        )

    def drive(self, moments: int) -> None:
        """Runs sessions until so many moments were looked at."""
        with self.server:
            self.meet()
            self.server.wait_for(self.begin({"directory": "photos"}), "completed")
            while self.moments < moments:
                self.tree.change()
                self.a_session({"directory": "photos", **self.parameters()})
                if self.rng.random() < 0.3:
                    self.restart()

    def meet(self) -> None:
        """A server that has started keeps its address, and all that it answers is held to its description."""
        self.server.env["INGEST_PORT"] = self.server.address.rpartition(":")[2]
        self.server.client.event_hooks = {"response": [hold_to_description]}

    def restart(self) -> None:
        self.server.terminate()
        self.server.start()
        self.meet()

    def kill(self, session_id: str) -> None:
        """Kills the server somewhere in the next files of a session, and starts it again."""
        files = min(self.answered(session_id) + self.rng.randint(0, KILLED_WITHIN), self.total(session_id))
        self.gate.open()
        until(lambda: self.answered(session_id) >= files, what=f"file {files}")
        self.server.kill()
        self.kills += 1
        self.gate.hold()
        self.server.start()
        self.meet()

    def answered(self, session_id: str) -> int:
        return sum(self.server.session_file(session_id)["outcomes"].values())

    def total(self, session_id: str) -> int:
        return self.server.status(session_id)["total_files"]

    def a_session(self, parameters: dict[str, Any]) -> None:
        plan = self.planned(parameters)
        if not plan["pending"]:
            return
        self.gate.hold()
        session_id = self.begin(parameters)
        status = self.way_of(session_id, plan["pending"])
        if status["status"] == "completed":
            became = self.became(session_id)
            assert became == plan or (self.tree.lost and {*became["pending"]} <= {*plan["pending"]})
            if status["outcomes"]["failed"] and self.rng.random() < 0.5:
                self.gate.hold()
                retry = self.post("/api/ingest/retry", {"session_id": session_id}, 202)["session_id"]
                self.way_of(retry, plan["pending"])

    def way_of(self, session_id: str, pending: list[str]) -> dict[str, Any]:
        """A session to its end: held, watched while it runs, paused, resumed, killed, cancelled, its files lost."""
        server, gate = self.server, self.gate
        while self.begun(session_id)["status"] not in ENDED:
            gate.let(self.rng.randint(0, 16))
            self.check(session_id, quiet=False)
            match self.rng.choice(("go on", "lose", "pause", "restart", "kill", "cancel", "run")):
                case "lose":
                    self.tree.lose(pending)
                case "pause":
                    server.post("/api/ingest/pause", {"session_id": session_id})
                    gate.open()
                    server.wait_for(session_id, "paused", "completed")
                    self.check(session_id)
                    gate.hold()
                    self.post("/api/ingest/resume", {"session_id": session_id})
                case "restart":
                    self.restart()
                case "kill":
                    self.kill(session_id)
                case "cancel" if self.rng.random() < 0.3:
                    server.post("/api/ingest/cancel", {"session_id": session_id})
                    gate.open()
                    server.wait_for(session_id, *ENDED)
                case "run":
                    gate.open()
                    self.check(session_id, quiet=False)
                    server.wait_for(session_id, "completed")
        gate.open()
        self.check(session_id)
        return server.status(session_id)

    def begun(self, session_id: str) -> dict[str, Any]:
        """The status of a session as soon as it is planned."""
        return self.server.wait_for(session_id, "processing", "paused", "attention", *ENDED)

    # -- what is asked of the server -------------------------------------------------------------------------------

    def get(self, path: str, **options: Any) -> Any:
        answer = self.server.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any, code: int = 200) -> Any:
        answer = self.server.post(path, body)
        assert answer.status_code == code, answer.text
        return answer.json()

    def read(self, command: Callable[..., None], *given: Any, **options: Any) -> str:
        """What a command prints."""
        self._said.readouterr()
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("INGEST_STATE_DIR", str(self.server.state))
            command(*given, **options)
        return self._said.readouterr().out

    def begin(self, parameters: dict[str, Any]) -> str:
        return self.post("/api/ingest/process", parameters, 202)["session_id"]

    # -- plan against outcome --------------------------------------------------------------------------------------

    def planned(self, parameters: dict[str, Any]) -> dict[str, list[str]]:
        """The paths of each class of a plan, as its numbers have them."""
        plan = self.post("/api/ingest/plan", parameters)
        classes = {name: self.of_plan(parameters, name) for name in ("pending", *Skip)}
        assert plan["pending"] == len(classes["pending"]) == sum(plan["pending_by"].values())
        assert plan["skipped"] == {skip: len(classes[skip]) for skip in Skip}
        return classes

    def of_plan(self, parameters: dict[str, Any], name: str) -> list[str]:
        body = {**parameters, "list": name}
        return sorted(self.pages(lambda cursor: self.post("/api/ingest/plan?limit=100", {**body, **cursor})))

    def became(self, session_id: str) -> dict[str, list[str]]:
        """The paths of each class of a session that has ended."""
        skipped = {skip: self.listed(session_id, skipped=skip.value) for skip in Skip}
        return {"pending": self.listed(session_id), **skipped}

    def listed(self, session_id: str, **selection: str) -> list[str]:
        address = f"/api/ingest/sessions/{session_id}/files"
        return sorted(self.pages(lambda at: self.get(address, params={**selection, "limit": 100, **at})))

    def pages(self, page: Any) -> Iterator[str]:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            answer = page(cursor)
            yield from (file["path"] for file in answer["files"])
            cursor = {"cursor": answer["next"]} if answer["next"] else None

    # -- one moment ------------------------------------------------------------------------------------------------

    def check(self, session_id: str, *, quiet: bool = True) -> None:
        """That all agree; while the session runs, at the last event that the status contains."""
        self.moments += 1
        status = self.server.status(session_id)
        closes(status)
        rows = [row for row in self.rows(session_id) if row["id"] <= status["last_event_id"]]
        told = self.told(session_id, rows, quiet=quiet)
        assert told == counted_in(status)
        assert self.in_the_view(session_id, status["last_event_id"]) == {
            (stage, end): count
            for stage, counts in status["stages"].items()
            for end in STATUSES
            if (count := counts[end])
        }
        on_disk = json.loads(self.read(looking.status, session_id, json_=True))
        if quiet or on_disk["last_event_id"] == status["last_event_id"]:
            assert counted_in(on_disk) == counted_in(status)
        if quiet:
            assert on_disk == status == self.server.status(session_id)
            self.check_lists(session_id, status)
            self.check_words(session_id, status)

    def rows(self, session_id: str) -> list[dict[str, Any]]:
        return query(self.server.database, "SELECT id, kind FROM ingest_events WHERE session_id = ?", session_id)

    def told(self, session_id: str, rows: list[dict[str, Any]], *, quiet: bool) -> dict[str, Any]:
        """What a client adds up that has heard every event up to these rows."""
        last = max((row["id"] for row in rows if row["kind"] in ROWS), default=0)
        outcomes, ends, progress, complete = Counter(), Counter(), {}, {}
        incomplete = number = 0
        with self.server.events(session_id) as stream:
            while number < last:
                frame = next(stream)
                number = frame.id if frame.id is not None else number
                assert number <= last or frame.event == "file_complete"
                files = frame.files
                if number > last:  # a bundle has more than the status knew of
                    files = files[: sum(row["kind"] == "file_complete" for row in rows) - outcomes.total()]
                for file in files:
                    outcomes[file["outcome"]] += 1
                    ends.update((stage, end["status"]) for stage, end in file["stages"].items())
                    lacks = any(end["status"] == "failed" for end in file["stages"].values())
                    incomplete += lacks and Outcome(file["outcome"]).taken_in
                if frame.event == "stage_progress":
                    assert frame.data["processed_files"] == ends[frame.data["stage"], "done"]
                    progress[frame.data["stage"]] = frame.data["processed_files"]
                if frame.event == "stage_complete":
                    complete[frame.data.pop("stage")] = frame.data
        for stage, end in complete.items():
            names = {"done": "processed_files", "failed": "failed_files", "skipped": "skipped_files"}
            assert {name: end[names.get(name, name)] for name in STATUSES} == {s: ends[stage, s] for s in STATUSES}
        for stage, done in progress.items():
            assert 0 <= ends[stage, "done"] - done <= 5 - quiet, "no checkpoint is left out"
        return {
            "outcomes": {outcome.value: outcomes[outcome.value] for outcome in Outcome},
            "errors": outcomes["failed"],
            "incomplete": incomplete,
            "stages": {stage.value: {status: ends[stage.value, status] for status in STATUSES} for stage in Stage},
        }

    def in_the_view(self, session_id: str, last: int) -> dict[tuple[str, str], int]:
        rows = query(
            self.server.database,
            "SELECT stage, json_extract(response, '$.status') AS status, count(*) AS files FROM event_log "
            "WHERE session_id = ? AND id <= ? AND event_type = 'file_complete' GROUP BY stage, status",
            session_id,
            last,
        )
        return {(row["stage"], row["status"]): row["files"] for row in rows}

    def check_lists(self, session_id: str, status: dict[str, Any]) -> None:
        here = f"/api/ingest/sessions/{session_id}"
        numbers = {**status["outcomes"], "committed": status["committed_files"]}
        numbers["incomplete"] = status["stats"]["incomplete"]
        for name, number in numbers.items():
            assert len(self.listed(session_id, outcome=name)) == number, name
        assert self.get(f"{here}/failures")["files"] == status["stats"]["errors"]
        report = self.get(f"{here}/report", params={"format": "json"})
        assert report["session"] == status
        classes = Counter(line["class"] for line in report["files"])
        assert classes["answered"] == status["processed_files"]
        assert Counter(line["outcome"] for line in report["files"] if line["outcome"]) == Counter(
            {name: count for name, count in status["outcomes"].items() if count}
        )
        if status["status"] == "completed":
            assert classes["pending"] == status["pending"] == 0
            assert self.tree.lost or {skip: classes[skip] for skip in Skip} == status["skipped"]
        self.check_failures()
        sessions = self.get("/api/ingest/sessions", params={"limit": 1000})["sessions"]
        assert [entry for entry in sessions if entry["session_id"] == session_id] == [status]

    def check_failures(self) -> None:
        """That the failures of all sessions are those of the files whose last answer is one."""
        stand = {file["path"]: (file["cause"], file["session_id"]) for file in self.standing_failures()}
        failed = {}
        for path, outcome, cause, session_id in self.answers():
            if outcome == "failed":
                failed[path] = (cause, session_id)
            elif outcome != "vanished":
                failed.pop(path, None)
        assert stand == failed
        counts = self.get("/api/ingest/failures", params={"limit": 1})
        assert counts["total"] == len(failed)
        by_cause = {each["cause"]: each["files"] for each in counts["causes"]}
        assert by_cause == Counter(cause for cause, _ in failed.values())

    def standing_failures(self) -> Iterator[dict[str, Any]]:
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            answer = self.get("/api/ingest/failures", params={"limit": 100, **cursor})
            yield from answer["files"]
            cursor = {"cursor": answer["next"]} if answer["next"] else None

    def answers(self) -> Iterator[tuple[str, str, str | None, str]]:
        """What every session answered for files, in order."""
        answers = "SELECT path, outcome, cause, session_id FROM ingest_events WHERE kind = 'file_complete' ORDER BY id"
        for row in query(self.server.database, answers):
            yield row["path"].decode(), row["outcome"], row["cause"], row["session_id"]

    def check_words(self, session_id: str, status: dict[str, Any]) -> None:
        """What a person reads on the command line."""
        outcomes = status["outcomes"]
        text = self.read(looking.status, session_id)
        assert f"\n{status['processed_files']:,} processed: " in text
        for word in ("unchanged", "failed", "vanished"):
            assert (f" {outcomes[word]:,} {word}" in text) == bool(outcomes[word]), text
        assert (f" {status['committed_files']:,} committed (" in text) == bool(status["committed_files"]), text
        assert (f"\n{status['stats']['incomplete']:,} incomplete:" in text) == bool(status["stats"]["incomplete"])
        line = next(line for line in self.read(looking.sessions).splitlines() if line.startswith(session_id))
        assert f" {status['processed_files']:,}/{status['total_files']:,} processed " in line
        assert f" {status['committed_files']:,} committed " in line
        assert f" {outcomes['failed']:,} failed " in line


def closes(status: dict[str, Any]) -> None:
    """That the numbers of a status are closed sums, and that what follows from them is said too."""
    assert_sums_close(status)
    outcomes, stats = status["outcomes"], status["stats"]
    assert stats["errors"] == outcomes["failed"]
    assert stats["incomplete"] <= status["committed_files"] + outcomes["unchanged"]
    if status["status"] in ("completed", "cancelled"):
        assert status["pending_by"] == {}
