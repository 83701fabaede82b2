"""Providers: from settings and a file, whose keys come from the environment alone."""

from decimal import Decimal

import pytest
from pydantic import SecretStr

from app.describe.providers import DEFAULT, Provider, providers_of
from app.descriptions import Price
from app.errors import BadSetting, InvalidRequest
from app.settings import Settings

FILE = """
[providers.house]
base_url = "http://gpu.example:8000/v1"
model = "qwen"
api_key_env = "HOUSE_KEY"
price_in = 0.1
price_out = 0.3
price_cached = 0.05
concurrency = 4
requests_per_minute = 90
structured = "none"
"""


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Settings with a file of providers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOUSE_KEY", "sk-house\n")
    monkeypatch.setenv("BAD_KEY", "secret \N{SNOWMAN}")

    def make(text=FILE, **more):
        (tmp_path / "providers.toml").write_text(text)
        return Settings(ingest_describe_providers=tmp_path / "providers.toml", **more)

    return make


def test_the_settings_are_the_default_and_the_file_has_others(configured):
    found = providers_of(
        configured(
            ingest_describe_base_url="http://localhost:1/v1",
            ingest_describe_model="llava",
            ingest_describe_api_key="sk-default",
            ingest_describe_price_in=0,
            ingest_describe_price_out=0,
        )
    )
    default, house = found.named(DEFAULT), found.named("house")
    assert (default.local, default.price) == (True, Price(Decimal(0), Decimal(0)))
    assert (house.local, house.concurrency, house.structured) == (False, 4, "none")
    assert house.price == Price(Decimal("0.1"), Decimal("0.3"), Decimal("0.05"))
    assert house.api_key.get_secret_value() == "sk-house"
    assert "sk-" not in f"{found!r}{found!s}{default}"


def test_another_model_has_another_price_unless_nothing_costs_there(configured):
    house = providers_of(configured()).named("house", "other")
    assert (house.model, house.price) == ("other", None)
    free = Provider("p", "http://localhost:1", "m", price=Price(Decimal(0), Decimal(0)))
    assert free.with_model("other").price == free.price


def test_a_key_may_stand_in_the_file_of_the_environment(configured, tmp_path, monkeypatch):
    monkeypatch.delenv("HOUSE_KEY")
    (tmp_path / ".env").write_text("HOUSE_KEY=sk-file\n")
    assert providers_of(configured()).named("house").api_key == SecretStr("sk-file")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("HOUSE_KEY", "NO_KEY", "providers.house.api_key_env: the environment has no NO_KEY."),
        ("api_key_env", "api_key", "providers.house.api_key: keys come from the environment only"),
        ("http://", "ftp://", "providers.house.base_url must be the address"),
        ("http://", "http://me:secret@", "providers.house.base_url must hold no user"),
        ("price_out = 0.3", "price_out = 1e25", "providers.house.price_out must be at most 1,000,000"),
        ("price_out = 0.3", "", "providers.house: price_in and price_out belong together."),
        ('"qwen"', '"a\\u0000b"', "providers.house.model must have a name"),
        ('"HOUSE_KEY"', '"BAD_KEY"', "providers.house.api_key_env: the key in BAD_KEY must be made of ASCII"),
        ("concurrency", "workers", "providers.house.workers is no key of a provider."),
        ('"none"', '"xml"', "providers.house.structured should be 'json_schema'"),
        ("[providers.house]", "[providers]\nhouse=3\n[providers.x]", "providers.house must be a table."),
    ],
)
def test_what_is_wrong_is_told_when_it_is_asked_for_and_shows_no_value(configured, old, new, sentence):
    found = providers_of(configured(FILE.replace(old, new)))
    with pytest.raises(InvalidRequest) as caught:
        found.named("house")
    assert caught.value.sentence.startswith(sentence)
    assert "secret" not in caught.value.sentence
    assert caught.value.cause == "no_provider"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = [", "is no TOML"),
        ("[providers.a]\nmodel = no text\n", r"is no TOML at line 2\.$"),
        ("[provider.a]\nx=1", "nothing else"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_bad_setting(configured, text, words):
    with pytest.raises(BadSetting, match=words):
        providers_of(configured(text))


def test_what_is_not_set_up_is_told(configured):
    assert "INGEST_DESCRIBE_BASE_URL" in sentence_of(Settings())
    assert "INGEST_DESCRIBE_MODEL is needed" in sentence_of(Settings(ingest_describe_base_url="http://localhost:1"))
    assert "choose one of house" in sentence_of(configured(), "other")


@pytest.mark.parametrize("model", ["", "a\0b", "\ud800", "x" * 201])
def test_a_model_that_cannot_be_shown_is_refused(configured, model):
    assert "name of at most 200 characters" in sentence_of(configured(), "house", model)
    if model:
        bad = Settings(ingest_describe_base_url="http://localhost:1", ingest_describe_model=model)
        assert sentence_of(bad).startswith("INGEST_DESCRIBE_MODEL must have a name")


def sentence_of(settings, name=DEFAULT, model=None):
    with pytest.raises(InvalidRequest) as caught:
        providers_of(settings).named(name, model)
    return caught.value.sentence


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        ("LOCALHOST:80", True),
        ("127.0.0.1:11434", True),
        ("127.9.9.9", True),
        ("[::1]:80", True),
        ("[::ffff:127.0.0.1]", True),
        ("localhost.example.com", False),
        ("gpu.localhost", False),
        ("localhost.", False),
        ("127.0.0.1.example.com", False),
        ("0.0.0.0", False),  # noqa: S104 - nobody binds to it
        ("10.0.0.1", False),
        ("gpu", False),
    ],
)
def test_local_is_what_is_on_this_machine_by_its_name_alone(host, local):
    assert Provider("p", f"http://{host}/v1", "m").local is local


def test_the_key_is_taken_out_of_what_a_server_says():
    assert Provider("p", "http://x", "m", SecretStr("sk-1")).without_key("bad key sk-1!") == "bad key ***!"
    assert Provider("p", "http://x", "m").without_key("bad") == "bad"
