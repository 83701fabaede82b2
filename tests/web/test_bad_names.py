"""Names and paths that are none, as an endpoint hears them: refused with a cause, never an error of ours."""

import socket
from urllib.parse import urlsplit

import pytest

from app.web.guard import COOKIE, cookie_of
from tests.web.test_bad_input import UNKNOWN, refusal

# ------------------------------------------------------------------------------------------------------ no database


def test_without_a_database_every_record_is_refused_with_the_sentence_of_the_contract(open_door):
    door = open_door(database_url="none")
    sentence = "Database functionality is disabled. Sequential processing requires database."
    before = door.everything()
    answers = [
        door.client.post("/api/ingest/process", json={"directory": "photos"}),
        door.client.post("/api/ingest/plan", json={"directory": "photos"}),
        door.client.post("/api/ingest/resume", json={"session_id": UNKNOWN}),
        door.client.post("/api/ingest/pause", json={"session_id": UNKNOWN}),
        door.client.post("/api/ingest/cancel", json={"session_id": UNKNOWN}),
        door.client.get(f"/api/ingest/status/{UNKNOWN}"),
        door.client.get(f"/api/ingest/events/{UNKNOWN}"),
        door.client.get("/api/ingest/sessions"),
        door.client.get("/api/summary"),
        door.client.get("/api/library/file?path=photos/line.webp"),
        door.client.get("/api/library/thumbnail?path=photos/line.webp"),
    ]
    for answer in answers:
        assert refusal(answer, 503, "database_disabled") == sentence
    assert door.everything() == before
    assert door.get("/api/ingest/active-session") == {"session_id": None, "status": None}
    assert door.get("/api/ingest/directories?path=photos")["ingest_stats"] == {
        "total_files": 1,
        "ingested_files": 0,
        "failed_files": 0,
        "damaged_files": 0,
    }
    assert door.client.get("/ingest-v2").status_code == 200
    assert door.get("/healthz") == {"status": "ok"}
    assert door.get("/readyz")["database"] == "disabled"


# --------------------------------------------------------------------------------------------------------- the token


@pytest.fixture
def locked_door(open_door):
    return open_door(ingest_token="open sesame")


def test_without_the_token_nothing_is_served(locked_door):
    before = locked_door.everything()
    for given in (
        None,
        "Bearer wrong",
        "Bearer",
        "Bearer open",
        "Basic open sesame",
        "open sesame",
        "Bearer sesam\xe9",
    ):
        headers = {} if given is None else {"Authorization": given.encode("latin-1")}
        for path in (
            "/api/ingest/sessions",
            "/api/ingest/directories",
            "/api/summary",
            f"/api/ingest/events/{UNKNOWN}",
        ):
            refusal(locked_door.client.get(path, headers=headers), 401, "token_needed")
        answer = locked_door.client.post("/api/ingest/process", json={"directory": "photos"}, headers=headers)
        refusal(answer, 401, "token_needed")
        page = locked_door.client.get("/ingest-v2", headers=headers)
        assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert locked_door.client.get("/healthz").status_code == 200
    assert locked_door.client.get("/login").status_code == 200
    assert locked_door.everything() == before


def test_the_bearer_token_opens_the_door(locked_door):
    headers = {"Authorization": "Bearer open sesame"}
    assert locked_door.get("/api/ingest/sessions", headers=headers) == {"sessions": [], "next": None}
    answer = locked_door.client.post("/api/ingest/process", json={"directory": "photos/made"}, headers=headers)
    assert answer.status_code == 202


def test_the_login_form_trades_the_token_for_a_cookie(locked_door):
    wrong = locked_door.client.post("/login", data={"token": "wrong"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    answer = locked_door.client.post("/login", data={"token": "open sesame"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/ingest-v2")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "sesame" not in cookie
    assert locked_door.client.get("/ingest-v2").status_code == 200
    assert locked_door.client.post("/api/ingest/plan", json={"directory": "photos"}).status_code == 200
    foreign = {"Origin": "https://evil.example"}
    refusal(
        locked_door.client.post("/api/ingest/process", json={"directory": "photos"}, headers=foreign),
        403,
        "cross_origin",
    )


@pytest.mark.parametrize("odd", ['pref={"a":1}', 'x="a;b"', "=", "a b=c", "caf\xe9=1", 'other="', "ingest_token2=z"])
def test_the_cookie_is_found_beside_those_of_other_programs(locked_door, odd):
    ours = f"{COOKIE}={cookie_of('open sesame')}"
    for cookies in (f"{odd}; {ours}", f"{ours}; {odd}", f"a=1; {odd}; {ours}; b=2"):
        answer = locked_door.client.get("/api/ingest/sessions", headers={"Cookie": cookies.encode("latin-1")})
        assert answer.status_code == 200, cookies
    refusal(
        locked_door.client.get("/api/ingest/sessions", headers={"Cookie": odd.encode("latin-1")}), 401, "token_needed"
    )


def test_a_body_that_is_too_long_is_refused_before_it_is_read_whole(locked_door):
    """Without a token, too: the answer comes while half of the body is still to be sent."""
    at = urlsplit(locked_door.address)
    head = (
        f"POST /login HTTP/1.1\r\nHost: {at.netloc}\r\nContent-Length: 2000000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    with socket.create_connection((at.hostname, at.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"token=" + b"x" * 1_000_000)
        answer = b""
        while not answer.endswith(b"}") and (piece := connection.recv(65_536)):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b'"cause":"body_too_long"' in answer
    assert locked_door.client.post("/login", data={"token": "open sesame"}).status_code == 303


def test_a_made_up_cookie_opens_nothing(locked_door):
    for value in ("open sesame", "0" * 64, ""):
        answer = locked_door.client.get("/api/ingest/sessions", headers={"Cookie": f'ingest_token="{value}"'})
        refusal(answer, 401, "token_needed")


def test_without_a_token_set_there_is_nothing_to_log_in_to(door):
    assert door.client.post("/login", data={"token": ""}).status_code == 401
