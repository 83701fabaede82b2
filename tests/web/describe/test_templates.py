"""Descriptions over HTTP."""

import hashlib

from app.describe.template_files import templates
from tests.support.fake_provider import refusing


def test_templates_are_listed_with_those_of_the_folder_and_what_is_wrong_with_them(open_door, tmp_path):
    folder = tmp_path / "templates"
    folder.mkdir()
    door = open_door(ingest_describe_templates=folder)
    told = door.get("/api/describe/templates")
    assert [template["name"] for template in told["templates"]] == ["alt-text", "caption", "catalogue"]
    assert told["complaints"] == []
    (folder / "shelf.toml").write_text('title="Shelf"\nprompt="Look."\n[fields.state]\ntype="number"\nrequired=false\n')
    (folder / "caption.toml").write_text("")
    told = door.get("/api/describe/templates")
    field = {"name": "state", "type": "number", "required": False, "description": ""}
    assert {"name": "shelf", "title": "Shelf", "fields": [field]} in told["templates"]
    assert told["complaints"] == ["caption.toml: title is needed."]


def described_by(fake_provider, **settings):
    """Settings with that provider at a price of a dollar for a million tokens in, and ten for those out."""
    priced = {"ingest_describe_price_in": 1, "ingest_describe_price_out": 10, "ingest_describe_max_input_tokens": 5_000}
    given = {"ingest_describe_base_url": fake_provider.base_url, "ingest_describe_model": "a-model"}
    return given | priced | settings


def test_a_session_describes_pictures_and_no_file_goes_along(open_door, fake_provider, photos):
    door = open_door(**described_by(fake_provider))
    order = {"template": "caption", "budget_usd": 1.0}
    door.turnstile.open()
    status = door.wait_for(door.begin(describe=order), "completed")
    asked = len(fake_provider.requests)
    assert asked > 0
    assert status["describe"] == {
        "spent_usd": round(asked * 0.002, 9),
        "reserved_usd": 0.0,
        "budget_usd": 1.0,
        "requests": asked,
        "answers": asked,
        "unpriced": 0,
    }
    originals = {hashlib.sha256(path.read_bytes()).hexdigest() for path in photos.rglob("*") if path.is_file()}
    assert originals.isdisjoint(request.sha256 for request in fake_provider.requests)
    for request in fake_provider.requests:
        assert request.words == [templates().named("caption").words]
        assert (request.picture[:2], b"Exif" in request.picture) == (b"\xff\xd8", False)
    again = door.wait_for(door.begin(describe=order), "completed")
    assert (again["describe"]["requests"], len(fake_provider.requests)) == (0, asked)


def test_a_provider_that_refuses_stops_the_session_and_says_why_without_the_key(open_door, fake_provider):
    fake_provider.otherwise = refusing(401, "invalid_api_key", "bad key sk-secret")
    door = open_door(**described_by(fake_provider, ingest_describe_api_key="sk-secret"))
    door.turnstile.open()
    session_id = door.begin(describe={"template": "caption"})
    status = door.wait_for(session_id, "attention")
    assert status["attention"]["cause"] == "provider_refuses"
    assert "does not let this key in" in status["attention"]["sentence"]
    assert "sk-secret" not in str(status)


def test_an_order_that_cannot_be_carried_out_is_refused_with_its_cause(open_door):
    door = open_door()
    for order, cause in (({"template": "none"}, "unknown_template"), ({"template": "caption"}, "no_provider")):
        body = {"directory": "photos", "describe": order}
        assert door.post("/api/ingest/plan", body, 422)["cause"] == cause
