"""What cannot be done: one sentence and a stable cause as problem+json, beside its field, and nothing is changed."""

import json
import re

import pytest

from tests.support.documents import ROUTES
from tests.support.server import everything_in

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def refusal(answer, code, cause=None, field=None):
    """Checks a problem+json answer and returns its sentence."""
    assert answer.status_code == code, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == code
    assert re.fullmatch(r"[A-Z0-9_'/][^\n]{5,300}\.", problem["detail"], re.IGNORECASE), problem
    assert "Traceback" not in answer.text
    assert re.fullmatch(r"[a-z_]+", problem["cause"])
    if cause is not None:
        assert problem["cause"] == cause
    assert problem.get("field") == field, problem
    return problem["detail"]


@pytest.fixture
def unchanged(door):
    """A door whose library and state folder hold something and are the same after the test."""
    door.whole("photos/trip")
    before = door.everything()
    yield door
    assert everything_in(door.folder) == before


BAD_PARAMETERS = [
    ({"directory": "/etc"}, "outside_roots", "directory", "/etc"),
    ({"directory": "photos/../../etc"}, "outside_roots", "directory", "photos"),
    ({"directory": "photos/.."}, "outside_roots", "directory", "photos"),
    ({"directory": "other"}, "outside_roots", "directory", "the roots are: photos"),
    ({"directory": "photos/\ud800"}, "outside_roots", "directory", ""),
    ({"directories": ["photos", "/"]}, "outside_roots", "directory", "/"),
    ({"directory": "photos/nowhere"}, "no_such_directory", "directory", "photos/nowhere"),
    ({"directory": "photos/plain/sample-00000.png"}, "not_a_directory", "directory", "is a file"),
    ({"directory": "photos/plain/sample-00000.png/x"}, "no_such_directory", "directory", ""),
    ({"directory": ""}, "no_directory", "directory", ""),
    ({"directory": "photos\0"}, "outside_roots", "directory", ""),
    ({}, "no_directory", "directory", ""),
    ({"directories": []}, "no_directory", "directory", ""),
    ({"directory": 7}, "invalid_parameter", "directory", ""),
    ({"directory": "photos", "directories": ["photos"]}, "invalid_parameter", None, "either"),
    ({"directory": "photos", "pattern": "["}, "bad_pattern", "pattern", "["),
    ({"directory": "photos", "pattern": ""}, "bad_pattern", "pattern", "empty"),
    ({"directory": "photos", "pattern": "*.png||*.jpg"}, "bad_pattern", "pattern", "empty"),
    ({"directory": "photos", "pattern": "trip/*.png"}, "bad_pattern", "pattern", "/"),
    ({"directory": "photos", "pattern": "a" * 5000}, "bad_pattern", "pattern", "longer"),
    ({"directory": "photos", "nsfw_threshold": 7}, "invalid_parameter", "nsfw_threshold", "nsfw_threshold"),
    ({"directory": "photos", "nsfw_threshold": -0.1}, "invalid_parameter", "nsfw_threshold", ""),
    ({"directory": "photos", "nsfw_threshold": "high"}, "invalid_parameter", "nsfw_threshold", ""),
    ({"directory": "photos", "max_files": 0}, "invalid_parameter", "max_files", ""),
    ({"directory": "photos", "workers": 1000}, "invalid_parameter", "workers", ""),
    ({"directory": "photos", "recursive": "perhaps"}, "invalid_parameter", "recursive", ""),
    ({"directory": "photos", "max_files": True}, "invalid_parameter", "max_files", "must be a whole number"),
    ({"directory": "photos", "nsfw_threshold": False}, "invalid_parameter", "nsfw_threshold", "must be a number"),
    ({"directory": "photos", "nsfw_treshold": 0.5}, "unknown_parameter", "nsfw_treshold", "nsfw_treshold"),
]


@pytest.mark.parametrize("path", ["plan", "process"])
def test_bad_parameters_are_refused_beside_their_field(unchanged, path):
    for body, cause, field, part in BAD_PARAMETERS:
        answer = unchanged.client.post(
            f"/api/ingest/{path}", content=json.dumps(body), headers={"Content-Type": "application/json"}
        )
        assert part in refusal(answer, 422, cause, field), body


def test_a_start_that_would_find_nothing_is_refused_and_a_plan_of_it_counts_nothing(unchanged):
    for body, field, part in (
        ({"directory": "photos/nothing here"}, "directory", "there is no file there"),
        ({"directory": "photos/plain", "pattern": "*.webp"}, "pattern", "of 12 files there, none is media"),
    ):
        answer = unchanged.client.post("/api/ingest/process", json=body)
        assert part in refusal(answer, 422, "nothing_matches", field)
        assert unchanged.post("/api/ingest/plan", body)["pending"] == 0


def test_a_threshold_that_is_no_number_is_refused(unchanged):
    for number in ("NaN", "Infinity", "-Infinity", "1e999"):
        answer = unchanged.client.post(
            "/api/ingest/process",
            content=f'{{"directory": "photos", "nsfw_threshold": {number}}}',
            headers={"Content-Type": "application/json"},
        )
        refusal(answer, 422, "invalid_parameter", "nsfw_threshold")


MOVES = ("pause", "resume", "cancel", "dismiss")
NO_OBJECTS = (b"{", b"\xff\xfe", b'["photos"]', b"null", b"7", b"[" * 20_000)


def test_a_body_that_is_no_json_object_is_refused(unchanged):
    for path in ("plan", "process", *MOVES):
        for content in NO_OBJECTS:
            answer = unchanged.client.post(
                f"/api/ingest/{path}", content=content, headers={"Content-Type": "application/json"}
            )
            refusal(answer, 422, "bad_json")
        too_long = b'{"directory": "' + b"x" * 1_000_000
        answer = unchanged.client.post(
            f"/api/ingest/{path}", content=too_long, headers={"Content-Type": "application/json"}
        )
        refusal(answer, 422, "body_too_long")
        answer = unchanged.client.post(f"/api/ingest/{path}", headers={"Content-Type": "application/json"})
        refusal(answer, 422, field="session_id" if path in MOVES else "directory")


def test_a_malformed_session_id_in_a_body_is_refused(unchanged):
    for move in MOVES:
        for session_id in ("x", "7", "../../etc/passwd", UNKNOWN[:-1], UNKNOWN + "0", "a" * 36, None, 7, {}):
            answer = unchanged.client.post(f"/api/ingest/{move}", json={"session_id": session_id})
            refusal(answer, 422, "bad_session_id", "session_id")


def test_a_malformed_session_id_in_a_path_is_refused_and_an_unknown_one_not_found(unchanged):
    for path in ("status/{}", "events/{}", "sessions/{}/files"):
        for session_id in ("x", "7", UNKNOWN[:-1], UNKNOWN + "0", "a" * 36, "%00"):
            answer = unchanged.client.get(f"/api/ingest/{path.format(session_id)}")
            refusal(answer, 422, "bad_session_id", "session_id")
        refusal(unchanged.client.get(f"/api/ingest/{path.format(UNKNOWN)}"), 404, "unknown_session")


def test_unknown_sessions_are_not_found(unchanged):
    for move in ("pause", "resume", "cancel", "dismiss"):
        refusal(unchanged.client.post(f"/api/ingest/{move}", json={"session_id": UNKNOWN}), 404, "unknown_session")
    refusal(unchanged.client.delete(f"/api/ingest/sessions/{UNKNOWN}"), 404, "unknown_session")
    refusal(unchanged.client.delete("/api/ingest/sessions/x"), 422, "bad_session_id", "session_id")
    extra = {"session_id": UNKNOWN, "force": True}
    refusal(unchanged.client.post("/api/ingest/resume", json=extra), 422, "unknown_parameter", "force")


BAD_QUERIES = [
    ("/api/ingest/sessions?limit=0", "limit"),
    ("/api/ingest/sessions?limit=1001", "limit"),
    ("/api/ingest/sessions?limit=many", "limit"),
    ("/api/ingest/sessions/{}/files?outcome=lost", "outcome"),
    ("/api/ingest/sessions/{}/files?skipped=lost", "skipped"),
    ("/api/ingest/sessions/{}/files?cursor=x", "cursor"),
    ("/api/ingest/directories?path=/etc", "directory"),
    ("/api/ingest/directories?path=photos/nowhere", "directory"),
    ("/api/ingest/directories?path=photos/plain/sample-00000.png", "directory"),
    ("/api/library/file", "path"),
    ("/api/library/file?path=/etc/passwd", "path"),
    ("/api/library/file?path=photos/../../x.jpg", "path"),
    ("/api/library/thumbnail?path=/etc/passwd", "path"),
]


def test_bad_queries_are_refused(unchanged):
    session_id = unchanged.get("/api/ingest/active-session")["session_id"]
    for path, field in BAD_QUERIES:
        refusal(unchanged.client.get(path.format(session_id)), 422, field=field)


def test_no_address_of_the_api_takes_a_parameter_that_it_does_not_have(unchanged):
    gets = ["/api/openapi.json", *(route.removeprefix("GET ") for route in ROUTES if route.startswith("GET /api/"))]
    assert len(gets) > 10
    for path in gets:
        for name in ("surely_unknown", "roots", "Limit"):
            answer = unchanged.client.get(path.format(session_id=UNKNOWN), params={name: "x"})
            refusal(answer, 422, "unknown_parameter", name)


def test_bad_lists_of_a_plan_are_refused(unchanged):
    for more, field in (
        ({"list": "nonsense"}, "list"),
        ({"list": "pending", "cursor": 7}, "cursor"),
        ({"list": "pending", "cursor": "photos/\ud800"}, "cursor"),
        ({"list": 7}, "list"),
    ):
        content = json.dumps({"directory": "photos", **more})
        answer = unchanged.client.post(
            "/api/ingest/plan", content=content, headers={"Content-Type": "application/json"}
        )
        refusal(answer, 422, field=field)


def test_a_link_that_leads_out_of_the_root_is_never_listed_or_served(open_door, tmp_path):
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (outside / "secret.jpg").write_bytes(b"secret")
    (root / "way out").symlink_to(outside)
    (root / "secret.jpg").symlink_to(outside / "secret.jpg")
    door = open_door(root)
    plan = door.post("/api/ingest/plan", {"directory": "photos"})
    assert (plan["pending"], plan["skipped"]["unsupported"]) == (0, 2)
    for path in ("photos/way out", f"{root}/way out"):
        refusal(door.client.post("/api/ingest/plan", json={"directory": path}), 422, "outside_roots", "directory")
        refusal(door.client.get("/api/ingest/directories", params={"path": path}), 422, "outside_roots", "directory")
    answer = door.client.get("/api/library/thumbnail", params={"path": "photos/way out/secret.jpg"})
    refusal(answer, 422, "outside_roots", "path")
    answer = door.client.get("/api/library/thumbnail", params={"path": "photos/secret.jpg"})
    refusal(answer, 404, "unknown_file")
    assert [entry["name"] for entry in door.get("/api/ingest/directories?path=photos")["directories"]] == []


# ------------------------------------------------------------------------------------------------------- the way in


def test_what_is_not_sent_as_json_is_refused(unchanged):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        for path in ("plan", "process", "pause", "resume", "cancel"):
            answer = unchanged.client.post(
                f"/api/ingest/{path}", content=b'{"directory": "photos"}', headers={"Content-Type": kind}
            )
            assert "application/json" in refusal(answer, 415, "content_type")
    answer = unchanged.client.post(
        "/api/ingest/plan",
        content=b'{"directory": "photos"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    assert answer.status_code == 200


def test_requests_from_other_pages_are_refused(unchanged):
    own = unchanged.address
    foreign = ("https://evil.example", "null", own.replace("127.0.0.1", "localhost"), f"{own}.evil.example", f"{own}0")
    for origin in foreign:
        answer = unchanged.client.post("/api/ingest/process", json={"directory": "photos"}, headers={"Origin": origin})
        refusal(answer, 403, "cross_origin")
        answer = unchanged.client.delete(f"/api/ingest/sessions/{UNKNOWN}", headers={"Origin": origin})
        refusal(answer, 403, "cross_origin")
    answer = unchanged.client.post("/api/ingest/plan", json={"directory": "photos"}, headers={"Origin": own})
    assert answer.status_code == 200


def test_a_host_that_is_not_allowed_is_refused(unchanged):
    for host in ("evil.example", "127.0.0.1.evil.example", "", "evil.example:7862", "[::1", "a@b"):
        for path in ("/api/ingest/sessions", "/ingest-v2", "/healthz"):
            answer = unchanged.client.get(path, headers={"Host": host})
            assert answer.status_code == 400, (host, answer.text)
            refusal(answer, 400, "host_not_allowed")
    for host in ("localhost", "localhost:9", "127.0.0.1", "[::1]:7862", "LOCALHOST"):
        assert unchanged.client.get("/healthz", headers={"Host": host}).status_code == 200


def test_unknown_addresses_and_methods_are_problems_too(unchanged):
    refusal(unchanged.client.get("/api/ingest/nonsense"), 404, "not_found")
    refusal(unchanged.client.get("/nonsense"), 404, "not_found")
    answer = unchanged.client.get("/api/ingest/process")
    refusal(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"
    refusal(unchanged.client.get("/static/nonsense.js"), 404, "not_found")
    refusal(unchanged.client.get("/static/..%2f..%2fcli.py"), 404, "not_found")


def test_the_endpoints_of_the_old_tool_are_gone(unchanged):
    for method, path, successor in (
        ("POST", "commit", "POST /api/ingest/process"),
        ("GET", f"commit-status/{UNKNOWN}", f"GET /api/ingest/status/{UNKNOWN}"),
        ("GET", f"report/{UNKNOWN}", f"GET /api/ingest/sessions/{UNKNOWN}/report"),
    ):
        answer = unchanged.client.request(method, f"/api/ingest/{path}", json={})
        refusal(answer, 404, "not_found")
        assert successor in answer.json()["detail"]


def test_what_later_issues_bring_is_not_found_yet(unchanged):
    refusal(unchanged.client.get("/metrics"), 404, "not_found")
