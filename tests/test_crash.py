"""A server that is killed, at any moment and as often as one likes, loses nothing and counts nothing twice."""

import io
import json
import os
import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.samples import ai_image, photo, write_many
from tests.server import PROGRAM, Opens, Server, media_ingest, query, until

FILES = 300
_NEW_EACH_RUN = {"id", "session_id", "ingested_at", "updated_at", "at", "attempts", "ms", "seconds"}


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """300 files of every sort: plain, tagged, rated, with a prompt, broken."""
    folder = tmp_path_factory.mktemp("media")
    write_many(folder / "plain", 110)
    write_many(folder / "snapshots", 110, kind="jpeg")
    for number in range(40):
        picture = Image.new("RGB", (64, 48), (number * 6, 90, 160))
        words = ["crash", f"word {number % 7}", f"word {number}"]
        photo(folder / "tagged" / f"{number:02d}.jpg", picture=picture, keywords=words, rating=number % 6, make="Maker")
    for number in range(25):
        picture = Image.new("RGB", (64, 48), (40, number * 9, 60))
        ai_image(folder / "made" / f"{number:02d}.png", picture=picture, prompt=f"a quiet lake, mist, number {number}")
    broken = folder / "broken"
    broken.mkdir()
    whole = (folder / "snapshots" / "sample-00000.jpg").read_bytes()
    for number in range(5):
        (broken / f"cut-{number}.jpg").write_bytes(whole[: 400 + 20 * number])
        (broken / f"empty-{number}.png").write_bytes(b"")
        (broken / f"page-{number}.jpg").write_bytes(b"<!doctype html>" * (number + 1))
    assert sum(path.is_file() for path in folder.rglob("*")) == FILES
    return folder


@dataclass(frozen=True)
class Left:
    """What a run has left behind, without what no two runs have in common: ids and times."""

    media: list[dict[str, Any]]
    links: list[dict[str, Any]]
    failures: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    stages: list[dict[str, Any]]
    journal: list[dict[str, Any]]
    thumbnails: dict[str, bytes]
    statistics: dict[str, Any]


def timeless(value: Any) -> Any:
    """The value without ids and times, down to the last list."""
    match value:
        case dict():
            return {name: timeless(item) for name, item in value.items() if name not in _NEW_EACH_RUN}
        case list():
            return [timeless(item) for item in value]
        case _:
            return value


def rows(database: Path, statement: str) -> list[dict[str, Any]]:
    found = query(database, statement)
    for row in found:
        if row.get("detail"):
            row["detail"] = json.loads(row["detail"])
            for stage, (status, _seconds) in row["detail"].get("stages", {}).items():
                row["detail"]["stages"][stage] = status
    return timeless(found)


def what_is_left(server: Server, session_id: str) -> Left:
    status = server.wait_for(session_id, "completed")
    counted = ("discovered", "skipped", "total_files", "pending", "processed_files", "committed_files", "outcomes")
    journal = (server.state / f"{session_id}.files.jsonl").read_text().splitlines()
    return Left(
        media=rows(server.database, "SELECT * FROM media_files ORDER BY root, path"),
        links=rows(
            server.database,
            "SELECT f.path, k.text, l.source, l.weight FROM media_keywords l JOIN media_files f ON f.id = l.media_id "
            "JOIN keywords k ON k.id = l.keyword_id ORDER BY f.path, k.text, l.source",
        ),
        failures=rows(server.database, "SELECT * FROM file_failures ORDER BY root, path, stage"),
        answers=rows(server.database, "SELECT * FROM ingest_events WHERE kind = 'file_complete' ORDER BY path"),
        stages=rows(server.database, "SELECT * FROM ingest_events WHERE kind LIKE 'stage%' ORDER BY id"),
        journal=sorted((timeless(json.loads(line)) for line in journal), key=lambda line: line["path"]),
        thumbnails={path.name: path.read_bytes() for path in server.state.glob("thumbnails/*/*")},
        statistics=timeless({name: status[name] for name in (*counted, "stats", "stages", "errors", "progress")}),
    )


@pytest.fixture(scope="module")
def undisturbed(media, tmp_path_factory):
    with Server(tmp_path_factory.mktemp("undisturbed"), {"photos": media}) as server:
        return what_is_left(server, server.begin("photos"))


def test_an_undisturbed_run_answers_for_every_file(undisturbed):
    assert undisturbed.statistics["outcomes"] == Counter(added=285, failed=15) | dict.fromkeys(
        ("updated", "moved", "unchanged", "vanished"), 0
    )
    assert len(undisturbed.answers) == len(undisturbed.journal) == FILES
    assert len(undisturbed.media) == 285
    assert len(undisturbed.failures) == 15


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=pytest.mark.faults)])
def test_a_server_killed_again_and_again_ends_where_an_undisturbed_one_does(kills, media, undisturbed, tmp_path):
    rng = random.Random(20_261_100 + kills)
    opened: Counter[bytes] = Counter()
    redone: list[int] = []
    with Server(tmp_path, {"photos": media}) as server, Opens(media) as opens:
        session_id = server.begin("photos")
        for kill in range(kills):
            early = kill % 4 == 3
            if early:  # while it starts, recovers or plans
                time.sleep(rng.uniform(0.0, 3.0))
            else:
                wait_for_some_more_files(server, session_id, rng, kills_left=kills - kill)
            server.kill()
            redone.append(files_begun_again(opened, opens, server, session_id))
            assert server.session_file(session_id)["session_id"] == session_id
            server.restart(ready=False)
        server.wait_until_ready()
        left = what_is_left(server, session_id)
        status = server.status(session_id)
        opened.update(opens.since_last_asked())
        leftovers = [path.name for path in server.state.iterdir() if path.suffix in (".tmp", ".bad")]
    assert left == undisturbed
    assert query(tmp_path / "library.db", "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert leftovers == []
    assert status["interruptions"] >= kills // 2  # a server killed while it imports its modules has touched nothing
    print(f"{kills} kills: {sum(opened.values()) - FILES} files opened again, {redone} begun and unanswered at each")
    assert sum(opened.values()) - FILES <= kills


def wait_for_some_more_files(server: Server, session_id: str, rng: random.Random, *, kills_left: int) -> None:
    """Until the session is at work and a random number of files further, and then a few milliseconds more."""
    done = answered(server, session_id)
    share = max(1, 2 * (FILES - done) // (kills_left + 1))
    target = min(FILES - 2, done + rng.randint(1, share))
    until(lambda: answered(server, session_id) >= target, what=f"file {target}")
    time.sleep(rng.uniform(0.0, 0.012))


def answered(server: Server, session_id: str) -> int:
    """Files answered for, as the session file says: it is read while it is written, and never torn."""
    return sum(server.session_file(session_id)["outcomes"].values())


def files_begun_again(opened: Counter[bytes], opens: Opens, server: Server, session_id: str) -> int:
    """Adds what was opened since; how many of the files opened ever are not answered for now."""
    opened.update(opens.since_last_asked())
    rows = query(
        server.database,
        "SELECT count(*) AS n FROM ingest_events WHERE session_id = ? AND kind = 'file_complete'",
        session_id,
    )
    return len(opened) - rows[0]["n"]
