"""Presets, saved searches, and media roots that are added on the page and removed again."""

import json

import pytest

from tests.samples import photo, write_many

ROOTS, PRESETS, SEARCHES = "/api/ingest/roots", "/api/ingest/presets", "/api/library/searches"


# -- presets -----------------------------------------------------------------------------------------------------


def test_presets_are_kept_under_their_names_over_a_restart(door):
    saved = door.post(
        PRESETS, {"name": " Raw  only ", "parameters": {"pattern": "*.dng", "enable_nsfw_detection": False}}
    )
    assert (saved["name"], saved["parameters"]) == ("Raw only", {"pattern": "*.dng", "enable_nsfw_detection": False})
    door.post(PRESETS, {"name": "all", "parameters": {"directories": ["photos"]}})
    found = {"q": "-is:described", "describe": {"template": "caption"}}
    assert door.post(PRESETS, {"name": "describe", "parameters": found})["parameters"] == found
    assert door.client.delete(PRESETS, params={"name": "describe"}).status_code == 204
    door.post(PRESETS, {"name": "Raw only", "parameters": {"pattern": "*.nef"}})
    door.reopen()
    assert [(each["name"], each["parameters"]) for each in door.get(PRESETS)["presets"]] == [
        ("all", {"directories": ["photos"]}),
        ("Raw only", {"pattern": "*.nef"}),
    ]
    assert door.client.delete(PRESETS, params={"name": "all"}).status_code == 204
    assert door.client.delete(PRESETS, params={"name": "all"}).json()["cause"] == "not_found"
    assert [each["name"] for each in door.get(PRESETS)["presets"]] == ["Raw only"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "parameters": {}}, "name"),
        ({"name": "x" * 101, "parameters": {}}, "name"),
        ({"name": 1, "parameters": {}}, "name"),
        ({"name": "a"}, "parameters"),
        ({"name": "a", "parameters": {"pattern": "a/b"}}, "pattern"),
        ({"name": "a", "parameters": {"retry_of": "x"}}, "retry_of"),
        ({"name": "a", "parameters": {"colour": 1}}, "colour"),
        ({"name": "a", "parameters": {"max_files": 0}}, "max_files"),
    ],
)
def test_what_no_session_can_be_asked_is_no_preset(door, body, field):
    assert door.post(PRESETS, body, 422)["field"] == field
    assert door.get(PRESETS) == {"presets": []}


@pytest.mark.parametrize("text", ["", "{}", "[1, {}]", '[{"name": 1, "parameters": {}, "saved_at": ""}]'])
def test_a_file_of_presets_that_was_spoilt_holds_none(door, text):
    (door.state / "presets.json").write_text(text)
    assert door.get(PRESETS) == {"presets": []}
    door.post(PRESETS, {"name": "a", "parameters": {}})
    assert len(door.get(PRESETS)["presets"]) == 1


def test_what_another_version_kept_among_the_presets_stays(door):
    newer = {"name": "b", "parameters": {}, "saved_at": "2020-01-01T00:00:00+00:00", "colour": "red"}
    spoilt = {"name": "c", "parameters": {"pattern": 5}, "saved_at": "2020-01-01T00:00:00+00:00"}
    (door.state / "presets.json").write_text(json.dumps([newer, spoilt]))
    door.post(PRESETS, {"name": "a", "parameters": {}})
    assert [each["name"] for each in door.get(PRESETS)["presets"]] == ["a"]
    assert json.loads((door.state / "presets.json").read_text())[:2] == [newer, spoilt]
    assert "None yet" not in door.client.get("/settings").text


# -- copies of the library ---------------------------------------------------------------------------------------


def test_the_page_of_settings_tells_how_copies_stand_and_why_the_last_try_came_to_nothing(door):
    page = door.client.get("/settings").text
    assert f"There is no copy in {door.state}.backups yet" in page
    assert "The last try came to nothing" not in page
    door.house.records.copies.trouble = "The disk is too full."
    assert "The last try came to nothing. The disk is too full." in door.client.get("/settings").text


# -- searches ----------------------------------------------------------------------------------------------------


def test_searches_are_kept_under_their_names_over_a_restart(door):
    cats = {"name": "Cats", "q": "keyword:cat -nsfw:yes", "sort": "score", "order": "asc"}
    saved = door.post(SEARCHES, cats | {"name": "  Cats "})
    assert {name: saved[name] for name in cats} == cats
    door.post(SEARCHES, {"name": "all", "q": ""})
    door.post(SEARCHES, cats | {"q": "keyword:cats"})
    door.reopen()
    kept = door.get(SEARCHES)["searches"]
    assert [(each["name"], each["q"], each["sort"], each["order"]) for each in kept] == [
        ("all", "", "taken", "desc"),
        ("Cats", "keyword:cats", "score", "asc"),
    ]
    assert door.client.delete(SEARCHES, params={"name": "all"}).status_code == 204
    assert door.client.delete(SEARCHES, params={"name": "all"}).json()["cause"] == "not_found"
    assert [each["name"] for each in door.get(SEARCHES)["searches"]] == ["Cats"]


@pytest.mark.parametrize(
    ("change", "field", "cause"),
    [
        ({"name": " "}, "name", "invalid_parameter"),
        ({"q": "red colour:red"}, "q", "bad_query"),
        ({"sort": "colour"}, "sort", "invalid_parameter"),
        ({"order": "up"}, "order", "invalid_parameter"),
        ({"q": None}, "q", "invalid_parameter"),
        ({"colour": "red"}, "colour", "unknown_parameter"),
    ],
)
def test_what_is_no_search_is_not_kept(door, change, field, cause):
    refused = door.post(SEARCHES, {"name": "a", "q": "red"} | change, 422)
    assert (refused["field"], refused["cause"]) == (field, cause)
    assert door.get(SEARCHES) == {"searches": []}


def test_a_search_that_another_version_kept_stays_and_is_not_shown(door):
    newer = {"name": "b", "q": "taste:sweet", "sort": "taken", "order": "desc", "saved_at": "2020-01-01T00:00:00+00:00"}
    spoilt = newer | {"q": 5}
    (door.state / "searches.json").write_text(json.dumps([newer, spoilt]))
    door.post(SEARCHES, {"name": "a", "q": "red"})
    assert [each["name"] for each in door.get(SEARCHES)["searches"]] == ["a"]
    assert json.loads((door.state / "searches.json").read_text())[:2] == [newer, spoilt]


# -- what is kept cannot be read -----------------------------------------------------------------------------------

KEPT = [
    ("presets.json", PRESETS, {"name": "a", "parameters": {}}),
    ("searches.json", SEARCHES, {"name": "a", "q": ""}),
    ("added_roots.json", ROOTS, {"name": "album", "path": "{album}"}),
]


@pytest.mark.parametrize(("file", "address", "body"), KEPT)
def test_what_cannot_be_read_is_not_written_over(door, album, file, address, body):
    (door.state / file).mkdir()  # to be read as little as a file of somebody else's
    body = {name: value.format(album=album) if isinstance(value, str) else value for name, value in body.items()}
    assert door.post(address, body, 503)["cause"] == "state_unwritable"
    assert door.get(address)
    (door.state / file).rmdir()
    (door.state / file).write_text('{"torn')
    door.post(address, body)
    assert (door.state / f"{file}.bad").read_text() == '{"torn'


# -- roots -------------------------------------------------------------------------------------------------------


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    write_many(folder, 2)
    photo(folder / "trip" / "a.jpg", size=(64, 48))
    return folder


def names(door):
    return {root["name"]: (root["source"], root["rows"]) for root in door.get(ROOTS)["roots"]}


def test_a_folder_becomes_a_root_at_once_and_stays_one_over_a_restart(door, album):
    added = door.post(ROOTS, {"name": "album", "path": str(album)})
    assert added == {"name": "album", "path": str(album), "source": "page", "there": True, "rows": 0}
    assert door.whole("album")["outcomes"]["added"] == 3
    door.reopen()
    assert names(door) == {"album": ("page", 3), "photos": ("settings", 0)}
    assert door.whole("album")["skipped"]["fresh"] == 3
    assert json.loads((door.state / "roots.json").read_text())["album"] == str(album)


@pytest.mark.parametrize("written", ["ingest_describe_dir", "ingest_sidecar_dir"])
def test_a_folder_around_one_that_is_written_to_becomes_no_root(open_door, album, written):
    refused = open_door(**{written: album / "written"}).post(ROOTS, {"name": "album", "path": str(album)}, 422)
    assert (refused["field"], written.upper() in refused["detail"]) == ("path", True)


def test_a_removed_root_keeps_its_rows_until_they_are_forgotten(door, album):
    door.post(ROOTS, {"name": "album", "path": str(album)})
    door.whole("album")
    door.client.patch("/api/library/file", params={"path": "album/trip/a.jpg"}, json={"title": "Anna"})
    assert door.client.delete(ROOTS, params={"name": "album"}).json() == {"forgotten": 0, "rows": 3}
    assert names(door) == {"album": ("removed", 3), "photos": ("settings", 0)}
    assert door.post("/api/ingest/plan", {"directory": "album"}, 422)["cause"] == "outside_roots"
    assert "album" not in json.loads((door.state / "roots.json").read_text())
    refused = door.client.delete(ROOTS, params={"name": "album", "forget_rows": 2})
    assert (refused.status_code, refused.json()["cause"], refused.json()["count"]) == (409, "count_changed", 3)
    assert door.client.delete(ROOTS, params={"name": "album", "forget_rows": 3}).json() == {"forgotten": 3, "rows": 0}
    assert names(door) == {"photos": ("settings", 0)}
    assert door.client.delete(ROOTS, params={"name": "album"}).json()["cause"] == "not_found"
    assert len(list(album.iterdir())) == 3
    door.post(ROOTS, {"name": "again", "path": str(album)})  # what was said of its bytes comes back with them
    door.whole("again")
    assert door.get("/api/library/file", params={"path": "again/trip/a.jpg"})["title"] == "Anna"


def test_a_root_is_removed_with_its_rows_in_one_go(door, album):
    door.post(ROOTS, {"name": "album", "path": str(album)})
    door.whole("album")
    assert door.client.delete(ROOTS, params={"name": "album", "forget_rows": 3}).json() == {"forgotten": 3, "rows": 0}
    assert names(door) == {"photos": ("settings", 0)}


def test_roots_of_the_settings_and_roots_in_use_stay(door, album):
    refused = door.client.delete(ROOTS, params={"name": "photos", "forget_rows": 0})
    assert (refused.status_code, refused.json()["cause"]) == (409, "conflict")
    assert "by the settings or on the command line" in refused.json()["detail"]
    door.post(ROOTS, {"name": "album", "path": str(album)})
    door.turnstile.hold()
    session_id = door.begin("album")
    door.wait_for(session_id, "processing")
    refused = door.client.delete(ROOTS, params={"name": "album"})
    assert (refused.status_code, refused.json()["cause"]) == (409, "illegal_move")


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (("a/b", "{album}"), ("name", "cannot be the name of a media root")),
        (("", "{album}"), ("name", "cannot be the name of a media root")),
        (("a=b", "{album}"), ("name", "cannot be the name of a media root")),
        (("a,b", "{album}"), ("name", "cannot be the name of a media root")),
        (("photos", "{album}"), ("name", "there is a media root named 'photos' already")),
        (("new", "album"), ("path", "write the whole path of the folder")),
        (("new", "{album}/nowhere"), ("path", "there is no folder")),
        (("new", "{album}/my name"), ("path", "there is no folder")),
        (("new", "/" + "x" * 300), ("path", "file name too long")),
        (("new", "{album}/trip/a.jpg"), ("path", "is a file")),
        (("new", "{photos}/trip"), ("path", "lies inside 'photos'")),
        (("new", "~nobody-here/x"), ("path", "write the whole path")),
        (("new", "/\0"), ("path", "there is no folder")),
        (("new", "{state}/.."), ("path", "")),
    ],
)
def test_what_cannot_be_a_root_is_refused_as_on_the_command_line(door, album, photos, asked, refusal):
    (name, path), (field, sentence) = asked, refusal
    path = path.format(album=album, photos=photos, state=door.state)
    refused = door.post(ROOTS, {"name": name, "path": path}, 422)
    assert (refused["field"], sentence.lower() in refused["detail"].lower()) == (field, True)
    assert names(door) == {"photos": ("settings", 0)}


def test_who_comes_through_a_proxy_needs_the_token(open_door, album):
    door = open_door()
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        refused = door.client.post(ROOTS, json={"name": "album", "path": str(album)}, headers={header: "10.0.0.1"})
        assert (refused.status_code, refused.json()["cause"]) == (403, "not_allowed")
        assert not door.client.get(ROOTS, headers={header: "10.0.0.1"}).json()["may_change"]
    assert door.get(ROOTS)["may_change"]


def test_who_has_the_token_may_change_roots_from_anywhere(open_door, album):
    door = open_door(ingest_token="secret")
    headers = {"Authorization": "Bearer secret", "X-Forwarded-For": "10.0.0.1"}
    added = door.client.post(ROOTS, json={"name": "album", "path": str(album)}, headers=headers)
    assert added.status_code == 200


def test_without_a_database_roots_are_added_and_removed_all_the_same(open_door, album):
    door = open_door(database_url="none")
    door.post(ROOTS, {"name": "album", "path": str(album)})
    assert door.client.delete(ROOTS, params={"name": "album"}).json() == {"forgotten": 0, "rows": 0}
