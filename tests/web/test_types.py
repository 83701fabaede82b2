"""What the page's types say is true: of its templates (elements.d.ts) and of what the server answers (types.d.ts)."""

import re
from html.parser import HTMLParser
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "app/web"
TYPES = "".join((WEB / f"static/lib/{name}.d.ts").read_text("utf-8") for name in ("types", "fields"))


def fields(name: str) -> dict[str, bool]:
    """The fields of an interface, each with whether it may be missing."""
    found = re.search(
        rf"^export interface {name}(?:<\w+>)?(?: extends (.*?))? {{\n(.*?)^}}", TYPES, re.MULTILINE | re.DOTALL
    )
    assert found, f"there is no interface {name}"
    own = {field: bool(mark) for field, mark in re.findall(r"^  (\w+)(\??):", found[2], re.MULTILINE)}
    if found[1] is None:
        return own
    inherited = re.fullmatch(r"(\w+)|Partial<(\w+)>|Pick<\w+, (.*)>", found[1])
    assert inherited, f"{name} extends {found[1]}"
    whole, partial, picked = inherited.groups()
    if picked:
        return dict.fromkeys(re.findall(r"\w+", picked), False) | own
    return {field: bool(partial) or missing for field, missing in fields(whole or partial).items()} | own


def check(name: str, answer: dict) -> None:
    """That an answer has every field of its type, and no other."""
    known = fields(name)
    needed = {field for field, may_be_missing in known.items() if not may_be_missing}
    assert needed <= answer.keys() <= known.keys(), name


def members(name: str) -> set[str]:
    """The texts of a union."""
    found = re.search(rf"^export type {name} =(.*?);", TYPES, re.MULTILINE | re.DOTALL)
    assert found, f"there is no type {name}"
    return set(re.findall(r'"(\w+)"', found[1]))


class Elements(HTMLParser):
    """Collects the tag of every element that has an id."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: dict[str, str] = {}

    def handle_starttag(self, tag, attrs):
        if name := dict(attrs).get("id"):
            self.tags[name] = tag


def test_elements_are_those_of_the_templates():
    elements = Elements()
    for template in sorted((WEB / "templates").rglob("*.html")):
        elements.feed(template.read_text("utf-8"))
    typed = (WEB / "static/lib/elements.d.ts").read_text("utf-8")
    assert dict(re.findall(r'^  "?([\w-]+)"?: "(\w+)";$', typed, re.MULTILINE)) == elements.tags


def test_answers_have_the_fields_of_their_types_and_no_others(door):
    parameters = {"directory": "photos"}
    plan = door.post("/api/ingest/plan", parameters)
    check("Plan", plan)
    started = door.post("/api/ingest/process", parameters, 202)
    check("Started", started)
    session = door.wait_for(started["session_id"], "completed")
    check("Session", session)
    check("Parameters", session["parameters"])
    check("StageCount", session["stages"]["identify"])
    check("Complaint", session["errors"][0])
    here = f"/api/ingest/sessions/{session['session_id']}"
    for query in ("", "?skipped=filtered"):
        page = door.get(f"{here}/files{query}")
        check("Page", page)
        check("Listed", page["files"][0])
    failures = door.get(f"{here}/failures")
    check("Failures", failures)
    check("FailedGroup", failures["causes"][0])
    same = door.get(f"{here}/same-bytes")
    check("SameBytes", same)
    check("Pace", door.get(f"{here}/pace"))
    assert session["outcomes"].keys() == members("Outcome")
    assert session["skipped"].keys() == members("Skip")
    assert session["stages"].keys() == members("Stage")
    assert session["stats"].keys() == members("Stat") | {f"prompts_{verdict}" for verdict in members("Verdict")}

    explained = door.get("/api/ingest/explain", params={"path": "photos/broken/cut.jpg"})
    check("Explanation", explained)
    check("Failure", explained["failures"][0])
    check("Happening", explained["events"][0])
    file = door.get("/api/library/file", params={"path": "photos/made/lake.png"})
    check("LibraryFile", file)
    check("Keyword", file["keywords"][0])
    proposed = door.post("/api/library/proposals", {"paths": ["photos/made/lake.png"]})["files"][0]
    check("FileProposals", proposed)
    check("Proposal", proposed["proposed"][0])
    check("Beside", door.get("/api/library/neighbours", params={"path": "photos/made/lake.png"}))
    listing = door.get("/api/ingest/directories", params={"recursive": "true", "path": "photos"})
    check("Listing", listing)
    check("Folder", listing["directories"][0])
    check("FolderCounts", listing["ingest_stats"])
    check("Summary", door.get("/api/summary"))
    check("SavedSearch", door.post("/api/library/searches", {"name": "a", "q": "red"}))
    check("Spread", door.get("/api/library/nsfw"))
    model = door.get("/api/nsfw")
    check("Model", model)
    check("Download", model["download"])


def test_what_is_said_of_files_is_answered_as_its_types_say(door):
    door.whole()
    said = {"paths": ["photos/made/lake.png"], "set": {"score": 3}, "zone": "+02:00"}
    tried = door.client.patch("/api/library/files", json=said | {"dry_run": True}).json()
    check("Said", tried)
    check("Foreseen", tried["preview"][0])
    check("LeftOut", tried["left"][0])
    check("Said", door.client.patch("/api/library/files", json=said).json())
    edits = door.get("/api/library/edits")
    check("Edits", edits)
    check("LastEdit", edits["edits"][0])
    check("AlikeGroups", door.get("/api/library/duplicates"))
    keep = {"keep": "photos/made/lake.png", "others": ["photos/made/lake.png"]}
    check("KeptOne", door.post("/api/library/duplicates/keep", keep))
