"""Every knob: its default, where it comes from, and the sentence for a value that makes no sense."""

from pathlib import Path

import pytest

from app import settings
from app.errors import BadSetting
from app.settings import Settings, check_roots_apart, load, parse_roots, sources, with_remembered


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A folder without `.env`, and an environment without our variables."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_the_defaults_are_those_of_the_contract():
    found = load()
    assert found.database_url == "sqlite:///./media_ingest.db"
    assert found.ingest_media_roots == {"media": Path("media")}
    assert found.ingest_state_dir == Path(".ingestion_state")
    assert (found.ingest_host, found.ingest_port) == ("127.0.0.1", 7862)
    assert found.address == "http://127.0.0.1:7862"
    assert found.ingest_allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert (found.ingest_workers, found.ingest_worker_memory_mb) == (1, 1536)
    assert (found.ingest_file_timeout_seconds, found.file_timeout_video_seconds) == (30, 120)
    assert (found.ingest_token, found.ingest_nsfw_weights, found.ingest_progress_interval) == (None, None, None)
    assert found.ingest_auto_resume is True
    assert found.database_enabled


def test_the_environment_wins_over_the_file_and_what_is_given_wins_over_both(monkeypatch):
    Path(".env").write_text("INGEST_PORT=1\nINGEST_WORKERS=2\nINGEST_AUTO_RESUME=false\nSOMETHING_ELSE=3\n")
    monkeypatch.setenv("INGEST_PORT", "4")
    found = load(ingest_port=None, ingest_workers=5)
    assert (found.ingest_port, found.ingest_workers, found.ingest_auto_resume) == (4, 5, False)
    where = sources()
    assert (where["INGEST_PORT"], where["INGEST_WORKERS"], where["INGEST_TOKEN"]) == ("environment", ".env", "default")
    assert set(where) == {name.upper() for name in Settings.model_fields}


def test_a_key_is_never_shown(monkeypatch):
    monkeypatch.setenv("INGEST_DESCRIBE_API_KEY", "sk-secret\n")
    found = load()
    assert found.ingest_describe_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{found!r}{found}{found.model_dump_json()}"


def test_settings_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        load().ingest_port = 5


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("INGEST_PORT", "many", "INGEST_PORT: "),
        ("INGEST_PORT", "65536", "INGEST_PORT: "),
        ("INGEST_WORKERS", "0", "INGEST_WORKERS: "),
        ("INGEST_WORKERS", "65", "INGEST_WORKERS: "),
        ("INGEST_FILE_TIMEOUT_SECONDS", "0", "INGEST_FILE_TIMEOUT_SECONDS: "),
        ("INGEST_WORKER_MEMORY_MB", "100", "INGEST_WORKER_MEMORY_MB: "),
        ("INGEST_PROGRESS_INTERVAL", "0", "INGEST_PROGRESS_INTERVAL: "),
        ("INGEST_AUTO_RESUME", "perhaps", "INGEST_AUTO_RESUME: "),
        ("INGEST_CURRENCY", "₹:88.86", "INGEST_CURRENCY: write three letters, a colon and what one US dollar costs"),
        ("INGEST_CURRENCY", "INR:88,86", "as in INR:88.86"),
        ("INGEST_CURRENCY", "INR:0", "as in INR:88.86"),
        ("INGEST_CURRENCY", "USD:1", "INGEST_CURRENCY: costs are told in US dollars already"),
        ("INGEST_DETECTOR_LAYOUT", "yolov8", "INGEST_DETECTOR_LAYOUT: should be 'yolo', 'yolo_v5', 'end_to_end', "),
        ("INGEST_MEDIA_ROOTS", "", "at least one media root"),
        ("INGEST_MEDIA_ROOTS", "a=x,a=y", "two media roots are named 'a'"),
        ("INGEST_MEDIA_ROOTS", "=x", "cannot be the name of a media root"),
        ("INGEST_MEDIA_ROOTS", "..=x", "cannot be the name of a media root"),
        ("INGEST_MEDIA_ROOTS", "a=x,b=x/y", "media root 'b' lies inside 'a'"),
        ("INGEST_MEDIA_ROOTS", "caf\udce9=x", "cannot be the name of a media root"),
        ("INGEST_DESCRIBE_BASE_URL", "localhost:11434", "INGEST_DESCRIBE_BASE_URL: must be the address"),
        ("INGEST_DESCRIBE_BASE_URL", "http://a b/v1", "INGEST_DESCRIBE_BASE_URL: must be the address"),
        ("INGEST_DESCRIBE_BASE_URL", "http://me:secret@host/v1", "must hold no user"),
        ("INGEST_DESCRIBE_API_KEY", "a key", "INGEST_DESCRIBE_API_KEY: must be made of ASCII"),
        ("INGEST_DESCRIBE_PRICE_IN", "1", "both or neither"),
        ("INGEST_DESCRIBE_MAX_OUTPUT_TOKENS", "9" * 40, "INGEST_DESCRIBE_MAX_OUTPUT_TOKENS: must be at most 1,000"),
        ("INGEST_DESCRIBE_PRICE_IN", "much", "INGEST_DESCRIBE_PRICE_IN: must be a number"),
        ("INGEST_DESCRIBE_STRUCTURED", "xml", "INGEST_DESCRIBE_STRUCTURED: should be 'json_schema'"),
        ("INGEST_DESCRIBE_FORMAT", "png", "INGEST_DESCRIBE_FORMAT: should be 'jpeg' or 'webp'"),
        ("INGEST_HOST", "0.0.0.0", "set INGEST_TOKEN to a secret"),  # noqa: S104 - it is refused
    ],
)
def test_a_bad_value_is_refused_with_one_sentence_that_names_it(monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        load()
    sentence = caught.value.sentence
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Value error" not in sentence


def test_a_host_that_can_be_reached_needs_a_token(monkeypatch):
    monkeypatch.setenv("INGEST_HOST", "::")
    with pytest.raises(BadSetting):
        load()
    assert load(ingest_token="secret").address == "http://[::]:7862"
    for host in ("localhost", "127.0.0.1", "::1"):
        assert load(ingest_host=host).ingest_token is None


@pytest.mark.parametrize(
    "name", ["INGEST_TOKEN", "INGEST_NSFW_WEIGHTS", "INGEST_DETECTOR_LAYOUT", "INGEST_PROGRESS_INTERVAL"]
)
def test_an_empty_value_is_none(monkeypatch, name):
    monkeypatch.setenv(name, "")
    assert getattr(load(), name.lower()) is None


@pytest.mark.parametrize("url", ["none", "None", "NONE"])
def test_the_database_can_be_disabled(monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)
    assert not load().database_enabled


def test_hosts_are_a_list(monkeypatch):
    monkeypatch.setenv("INGEST_ALLOWED_HOSTS", " a.example , b.example,")
    assert load().ingest_allowed_hosts == ("a.example", "b.example")


def test_roots_are_read_by_name_or_named_by_their_folder(tmp_path):
    roots = parse_roots([f"photos={tmp_path}/p", f"{tmp_path}/video", " ", "home=~/x"])
    assert roots["photos"] == tmp_path / "p"
    assert roots["video"] == tmp_path / "video"
    assert roots["home"] == Path("~/x").expanduser()
    assert parse_roots(["/"]) == {"root": Path("/")}


def test_roots_of_the_command_line_are_added_to_those_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("INGEST_MEDIA_ROOTS", f"a={tmp_path}/a")
    assert set(load([f"b={tmp_path}/b"]).ingest_media_roots) == {"a", "b"}
    with pytest.raises(BadSetting, match="two media roots are named 'a'"):
        load([f"a={tmp_path}/c"])
    with pytest.raises(BadSetting, match="lies inside"):
        load([f"b={tmp_path}/a/b"])
    with pytest.raises(BadSetting, match=r"--root: .*cannot be the name"):
        load(["=x"])


def test_the_sample_root_gives_way_to_those_of_the_command_line(tmp_path):
    assert set(load([f"b={tmp_path}/b"]).ingest_media_roots) == {"b"}
    (tmp_path / "media").mkdir()
    assert set(load([f"b={tmp_path}/b"]).ingest_media_roots) == {"media", "b"}
    assert set(load([f"b={tmp_path}"]).ingest_media_roots) == {"b"}
    assert load([f"media={tmp_path}/b"]).ingest_media_roots == {"media": tmp_path / "b"}
    assert set(load([]).ingest_media_roots) == {"media"}


def test_remembered_roots_stand_beside_those_that_are_named_and_instead_of_the_sample(tmp_path, monkeypatch):
    remembered = {"a": tmp_path / "a", "b": tmp_path / "b"}

    def roots(*named):
        return with_remembered(load(list(named)), remembered).ingest_media_roots

    assert roots() == remembered
    assert roots(f"a={tmp_path}/other") == {"a": tmp_path / "other", "b": tmp_path / "b"}
    assert roots(f"c={tmp_path}/a/inside") == {"c": tmp_path / "a/inside", "b": tmp_path / "b"}
    monkeypatch.setenv("INGEST_MEDIA_ROOTS", f"c={tmp_path}")
    assert roots() == {"c": tmp_path}
    monkeypatch.delenv("INGEST_MEDIA_ROOTS")
    remembered = {"here": tmp_path, "a/b": tmp_path / "a"}  # with the state folder in it, and with no name for a root
    monkeypatch.setenv("INGEST_STATE_DIR", "state")
    assert roots() == {"media": Path("media")}


def test_a_state_folder_among_the_media_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("INGEST_MEDIA_ROOTS", f"a={tmp_path}/a,b={tmp_path}/b")
    (tmp_path / "b").mkdir()
    (tmp_path / "link").symlink_to("b")
    for inside in ("b", "b/state", "link/state", "b/deep/er", "b/../b/state"):
        monkeypatch.setenv("INGEST_STATE_DIR", str(tmp_path / inside))
        with pytest.raises(BadSetting) as caught:
            load()
        sentence = caught.value.sentence
        assert f"INGEST_STATE_DIR={tmp_path / inside} lies inside the media root 'b'" in sentence
        assert sentence.endswith("begins with a dot.")
        assert "\n" not in sentence
    for apart in ("b/.state", "b/.cache/state", "bb", "state", "b/../state"):
        monkeypatch.setenv("INGEST_STATE_DIR", str(tmp_path / apart))
        assert load().ingest_state_dir == tmp_path / apart


def test_a_state_folder_among_the_media_of_the_command_line_is_refused(tmp_path):
    with pytest.raises(BadSetting, match=r"^INGEST_STATE_DIR=.* lies inside the media root 'b'"):
        load([f"b={tmp_path}"], ingest_state_dir=tmp_path / "state")
    assert set(load([f"b={tmp_path}"]).ingest_media_roots) == {"b"}


def test_the_same_root_by_another_name_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(ValueError, match="lies inside"):
        check_roots_apart({"a": tmp_path / "real", "b": tmp_path / "link"})
    check_roots_apart({"a": tmp_path / "real", "b": tmp_path / "real-other"})


def test_the_file_of_settings_is_the_one_beside_us():
    assert settings.ENV_FILE == ".env"


def test_the_folder_for_sidecars_is_never_inside_a_root_nor_around_it(tmp_path):
    for folder in (tmp_path / "photos", tmp_path / "photos" / "below", tmp_path):
        with pytest.raises(ValueError, match="media root 'photos'"):
            Settings(_env_file=None, ingest_media_roots={"photos": tmp_path / "photos"}, ingest_sidecar_dir=folder)
    beside = {"ingest_media_roots": {"photos": tmp_path / "photos"}, "ingest_state_dir": tmp_path / "state"}
    assert Settings(_env_file=None, **beside).sidecar_dir == tmp_path / "state" / "sidecars"
