"""Neither key nor prompt nor the picture that is sent stands in anything that is logged, kept, told or answered."""

import base64
import io
import json
import logging
import sqlite3
import threading
import zipfile
from contextlib import closing
from dataclasses import replace
from inspect import signature

from app.describe import manners
from app.web.app import ROUTERS
from tests.samples import photo
from tests.support.description import document
from tests.support.fake_provider import FakeProvider, answer, cut, failing, malformed, refusing, says
from tests.support.server import media_ingest, settings_for

KEY = "sk-Kq7vXw2ZpLr9TmBn4YcD"
PROMPT = "Quoth the marmalade heron: name whatever leans on the lamp post."
TEMPLATE = f"""
title = "Marked"
prompt = "{PROMPT}"
[fields.title]
type = "text"
[fields.description]
type = "text"
[fields.keywords]
type = "list"
"""


class Quoting(FakeProvider):
    """Quotes what it was sent in whatever it refuses with, each time in another order; sees the journal at work."""

    def __init__(self, state):
        super().__init__()
        self.state, self.journals = state, []

    def meet(self, request):
        step = super().meet(request)
        self.journals += [path.read_bytes() for path in self.state.glob("*.describe.jsonl")]
        if step.status < 300:
            return step
        picture = base64.b64encode(request.picture).decode()
        sent = [request.headers["authorization"], PROMPT, picture, request.raw.decode()]
        at = len(self.requests) % len(sent)
        code = json.loads(step.body)["error"]["code"]
        error = {"message": " ".join(sent[at:] + sent[:at]), "type": PROMPT, "code": code}
        return replace(step, body=json.dumps({"error": error}).encode())


TROUBLE = (
    answer(),
    refusing(400, "bad_request"),
    refusing(413, "large"),
    says(f"{PROMPT} {KEY}"),
    says(json.dumps({"title": PROMPT})),
    says(json.dumps({"title": PROMPT})),
    answer(),
    answer(finish="length"),
    answer(refusal=f"I will not: {PROMPT}"),
    *(failing(500), cut("within"), answer(until=threading.Event())),
    *(malformed(), malformed(), failing(503)),
    refusing(401, "invalid_api_key"),
    refusing(403, "no"),
    refusing(402, "insufficient_quota"),
    refusing(404, "model_not_found"),
    refusing(405, "method"),
    refusing(302, "x", headers={"Location": f"/elsewhere?key={KEY}"}),
    refusing(429, "slow", headers={"Retry-After": "61"}),
)
STOPS = tuple(range(13, len(TROUBLE) + 1))
"""After so many requests the session stops for a person."""
CAUSES = {"description_invalid", "description_truncated", "description_refused", "request_refused"}
LOOKS = "doctor, runs, runs --json, sessions, stats, search kind:image, show photos/0.jpg, explain photos/1.jpg"


def unpacked(where, content, seen=()):
    """A file, and what is in it if it is an archive."""
    yield where, content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield from unpacked(f"{where}/{name}", archive.read(name))


def answers(door, session_id, paths):
    """Every answer to GET that is described, in every format, and every page."""
    values = {"session_id": [session_id], "path": paths, "q": ["kind:image"], "formats": ["json,docx"]}
    formats = {"report": ["csv", "json", "jsonl", "xlsx"], "export": ["csv", "jsonl", "xlsx"]}
    for path, operations in document()["paths"].items():
        if "get" not in operations or path.startswith("/api/ingest/events"):
            continue
        known, asked = {**values, "format": formats.get(path.rpartition("/")[2], [])}, [{}]
        for name in (parameter["name"] for parameter in operations["get"].get("parameters", ())):
            if known.get(name):
                asked = [{**one, name: value} for one in asked for value in known[name]]
        for one in asked:
            query = {name: value for name, value in one.items() if f"{{{name}}}" not in path}
            yield f"{path} {query}", door.client.get(path.format(**one), params=query)
    for route in (route for router in ROUTERS for route in router.routes if "GET" in route.methods):
        if not route.include_in_schema:
            address = route.path.format(session_id=session_id)
            for query in [{"path": path} for path in paths] if "path" in signature(route.endpoint).parameters else [{}]:
                yield f"{route.path} {query}", door.client.get(address, params=query, follow_redirects=True)


def listened_to(door, session_id):
    """The stream of a session's events, as far as it has come; and what to wait for until it is over."""
    heard = []

    def listen():
        with door.client.stream("GET", f"/api/ingest/events/{session_id}", timeout=60) as told:
            heard.extend(told.iter_raw())

    thread = threading.Thread(target=listen)
    thread.start()
    return heard, thread.join


def troubled(door, fake):
    """A session that meets all that can go wrong, and what was told of it; ends when it is completed."""
    session_id = door.begin(describe={"template": "marked", "commit": "direct", "write": ["json", "docx"]})
    heard, wait = listened_to(door, session_id)
    for asked in STOPS:
        status = door.wait_for(session_id, "attention", "completed")
        heard.append(json.dumps(status).encode())
        assert (status["status"], len(fake.requests)) == ("attention", asked)
        door.post("/api/ingest/resume", {"session_id": session_id})
    status = door.wait_for(session_id, "completed")
    assert {error["cause"] for error in status["errors"]} == CAUSES
    wait()
    return session_id, b"".join(heard)


def dumped(file):
    with closing(sqlite3.connect(file)) as connection:
        return "\n".join(connection.iterdump()).encode()


def commands(env, folder, lines):
    """What commands print, in processes of their own."""
    for line in lines:
        done = media_ingest(*line.split(), env=env, cwd=folder)
        yield f"media-ingest {line}", f"{done.stdout}{done.stderr}".encode()


def test_neither_key_nor_prompt_nor_picture_stands_anywhere(open_door, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(manners, "FIRST_WAIT_SECONDS", 0.0)
    monkeypatch.setenv("OPENAI_LOG", "debug")
    caplog.set_level(logging.DEBUG)
    media, templates, state = tmp_path / "media", tmp_path / "templates", tmp_path / "state"
    for number in range(10):
        photo(media / f"{number}.jpg", size=(320, 240), seed=number)
    templates.mkdir()
    (templates / "marked.toml").write_text(TEMPLATE)
    (templates / "broken.toml").write_text(f"title = 'Broken'\nprompt = {PROMPT}\n")
    (templates / "wrong.toml").write_text(TEMPLATE.replace('"list"', f'"{PROMPT}"'))
    with Quoting(state) as fake:
        fake.script(*TROUBLE)
        settings = {
            "ingest_describe_base_url": fake.base_url,
            "ingest_describe_model": "vision-1",
            "ingest_describe_api_key": KEY,
            "ingest_describe_templates": templates,
            "ingest_describe_timeout_seconds": 2,
        }
        door = open_door(media, **settings)
        session_id, heard = troubled(door, fake)
        kept = [("events", heard)]
        for where, told in answers(door, session_id, ["photos/0.jpg", "photos/1.jpg", "photos/3.jpg"]):
            assert told.status_code < 500, where
            kept += unpacked(where, told.content)
        env = settings_for(tmp_path, {"photos": media}, OPENAI_LOG="debug")
        env |= {name.upper(): str(value) for name, value in settings.items()}
        kept += commands(env, tmp_path, LOOKS.split(", "))
        door.close()
        fake.script(refusing(401, "invalid_api_key"))
        photo(media / "new.jpg", seed=99)
        kept += commands(env, tmp_path, ["describe photos --template marked", f"status {session_id}"])
        door.open()
    kept += [("journal", journal) for journal in fake.journals]
    kept += [("log", f"{record.getMessage()} {record.args} {record.exc_text}".encode()) for record in caplog.records]
    kept += [("database", dumped(tmp_path / "library.db"))]
    for path in (path for path in tmp_path.rglob("*") if path.is_file()):
        if media not in path.parents and templates not in path.parents:
            kept += unpacked(path.name, path.read_bytes())

    words = {word.encode() for word in (KEY[:9], KEY[9:], PROMPT[:20], PROMPT[-20:])}
    pictures = set()
    for request in fake.requests:
        for whole in (request.picture, base64.b64encode(request.picture)):
            pictures |= {whole[at : at + 40] for at in (len(whole) // 2, len(whole) * 3 // 4)}
    assert len(fake.requests) > len(TROUBLE)
    for where, content in kept:
        shown = "/word/media/" in where  # a Word document has the picture in it: that is what it is for
        found = {mark for mark in words | (set() if shown else pictures) if mark in content}
        assert not found, where
    said = {where.partition(" ")[0] for where, content in kept if b"A description" in content}  # it was looked into
    assert {"database", "journal", "/api/describe/runs", "/api/library/file", "/file", "0.jpg.json"} <= said
