"""Targets of notifications as settings name them. What is wrong is said, and never shown."""

import pytest

from app.errors import BadSetting
from app.settings import load
from app.targets import parse_targets, targets_of

SECRET = "whsec_bm90IGEgc2VjcmV0LCBidXQgbG9uZyBlbm91Z2g="


@pytest.fixture(autouse=True)
def settings(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    def give(**given):
        for name, value in given.items():
            monkeypatch.setenv(f"INGEST_{name.upper()}", value)
        return load()

    return give


def test_targets_are_named_by_what_is_no_secret():
    urls = (
        "https://Hooks.example:8443/T0KEN?key=T0KEN, http://10.0.0.9/T0KEN,mailto://me:T0KEN@example.org?to=a@b,c@d,"
        "slack://T0KEN/T0KEN/T0KEN/#photos,ntfys://T0KEN@ntfy.sh/a,ntfys://ntfy.sh/b,tgram://123:T0KEN/4"
    )
    targets = targets_of(parse_targets(urls))
    assert [target.name.partition(" (")[0] for target in targets] == [
        "https://Hooks.example:8443", "http://10.0.0.9", "mailto", "slack", "ntfys", "ntfys", "tgram",
    ]  # fmt: skip
    assert "T0KEN" not in repr(targets)
    assert targets[2].url.endswith("?to=a@b,c@d"), "a comma within an address is its own"
    assert targets[2].hosts == {"example.org", "a@b,c@d"}
    assert [target.is_webhook for target in targets] == [True, True, *[False] * 5]


def test_a_name_stays_with_its_address_whatever_stands_beside_it():
    """Or what one target was to be told would go to another."""
    both, one = (
        targets_of(parse_targets("slack://a/b/c,slack://d/e/f,slack://a/b/c")),
        targets_of(parse_targets("slack://d/e/f")),
    )
    assert len({target.name for target in both}) == len(both) == 2
    assert both[1] == one[0]


@pytest.mark.parametrize(
    "text",
    ["T0KEN", "https://", "https://:80/T0KEN", "http://a:99999/T0KEN", "http://a b/T0KEN", "ntfy:T0KEN", "a://x\ny"],
)
def test_what_is_no_address_is_said_and_not_shown(settings, text):
    with pytest.raises(BadSetting, match=r"^INGEST_NOTIFY: must be addresses such as") as refused:
        settings(notify=text, notify_secret=SECRET)
    assert "T0KEN" not in str(refused.value)


def test_a_webhook_needs_a_secret_and_takes_no_password(settings):
    with pytest.raises(BadSetting, match="set INGEST_NOTIFY_SECRET"):
        settings(notify="https://a.example/x")
    with pytest.raises(BadSetting, match="must hold no user or password"):
        settings(notify="https://me:me@a.example/x", notify_secret=SECRET)


@pytest.mark.parametrize(
    "secret", ["hunter2", "whsec_", "c2hvcnQ=", "not base64!! but long enough to be one of them", "YQ" * 44]
)
def test_a_secret_that_is_no_base64_of_enough_bytes_is_refused(settings, secret):
    """The package would drop the characters that it does not know, and sign with what is left."""
    with pytest.raises(BadSetting, match=r"^INGEST_NOTIFY_SECRET: must be the base64 of 24 to 64"):
        settings(notify_secret=secret)


def test_services_are_those_on_the_list(settings):
    assert settings(notify="ntfy://host/topic").ingest_notify is not None
    with pytest.raises(BadSetting, match="names dbus://, which is not among INGEST_NOTIFY_SERVICES"):
        settings(notify="dbus://")
    assert settings(notify="dbus://", notify_services="dbus, ntfy").ingest_notify_services == ("dbus", "ntfy")


def test_an_empty_list_is_none(settings):
    found = settings(notify=" ", notify_secret="", allowed_targets="nas.example, 10.0.0.9")
    assert (found.ingest_notify, found.ingest_notify_secret) == (None, None)
    assert found.ingest_allowed_targets == ("nas.example", "10.0.0.9")
