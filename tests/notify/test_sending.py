"""Deliveries to real servers on loopback: one that takes them, and ten kinds of dead ones."""

import contextlib
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from app.notify.messages import Message, payload_of_a_test
from app.notify.sending import Delivery, Postman
from app.targets import Target, parse_targets, targets_of
from tests.support.fake_targets import DEAD, SECRET, FakeTarget, Kind, certificate
from tests.support.server import until

AT = "2026-11-30T10:00:00.000+00:00"
MESSAGE = Message("one.1", payload_of_a_test(AT, "http://127.0.0.1:7862"))
POSTMAN = Postman(SecretStr(SECRET), (), lambda: False)


def deliveries(urls: list[str]) -> list[Delivery]:
    return [
        Delivery(number, target, MESSAGE) for number, target in enumerate(targets_of(parse_targets(",".join(urls))))
    ]


def told(urls: list[str], postman: Postman = POSTMAN) -> list[str | None]:
    """Why each of these targets could not be told, in their order."""
    ended = dict(postman.post(deliveries(urls)))
    return [ended[number] for number in range(len(urls))]


def test_of_eleven_targets_the_good_one_is_told_and_each_dead_one_says_why():
    """But the slow one, which goes on for as long as anybody waits."""
    kinds, errors = (*DEAD, "taking"), {}
    with contextlib.ExitStack() as stack:
        targets = [stack.enter_context(FakeTarget(kind)) for kind in kinds]
        patient = Postman(SecretStr(SECRET), (), lambda: len(errors) == len(kinds) - 1, step_seconds=2.0)
        for number, error in patient.post(deliveries([target.url for target in targets])):
            errors[kinds[number]] = error
    assert errors.pop("no TLS").startswith("No secure connection could be made")
    assert errors == {
        "refused": "It refused the connection.",
        "silent": "It did not answer in time.",
        "no name": "Its name cannot be resolved.",
        "500": "It answered with status 500.",
        "404": "It answered with status 404.",
        "redirect": "It answered with status 302: redirects are not followed.",
        "cut": "What it answered is no HTTP.",
        "endless": "It answered with status 503.",
        "taking": None,
    }
    assert [len(target.requests) for target in targets if target.kind == "redirect"] == [1]


@pytest.mark.parametrize("kind", ["slow", "endless"])
def test_what_answers_for_ever_is_late_when_its_time_is_over(kind: Kind):
    with FakeTarget(kind) as dead:
        url = dead.url if kind == "slow" else f"ntfy://localhost:{dead.port}/topic"  # requests reads all that comes
        assert told([url], Postman(SecretStr(SECRET), (), lambda: False, seconds=1.5)) == ["It did not answer in time."]


def test_a_webhook_is_signed_as_the_reference_library_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whatever the zone of the machine: the package signs what a clock shows."""
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    with FakeTarget("taking", certificate(tmp_path)) as untrusted, FakeTarget() as plain:
        assert told([untrusted.url]) == ["Its certificate is not valid: self-signed certificate."]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert told([untrusted.url, plain.url]) == [None, None]
    for request in (*untrusted.requests, *plain.requests):
        assert Webhook(SECRET).verify(request.body, dict(request.headers)) == dict(MESSAGE.payload)
        assert (request.path, request.headers["webhook-id"]) == ("/hook?by=test", "one.1")
    assert untrusted.requests[0].headers["host"] == f"localhost:{untrusted.port}"


def test_apprise_follows_no_redirect_and_hears_nothing_of_other_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Even where the address asks for redirects; no proxy of the environment, no password of ~/.netrc."""
    (tmp_path / ".netrc").write_text("machine localhost login me password not-for-you\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with FakeTarget() as good, FakeTarget("redirect") as elsewhere:
        ended = told([f"ntfy://localhost:{each.port}/topic?redirect=yes" for each in (good, elsewhere)])
    assert ended == [None, "It answered with status 302."]
    assert good.requests[0].json()["title"] == "Media Ingest: Test"
    assert good.requests[0].json()["message"].endswith("\nhttp://127.0.0.1:7862")
    assert len(elsewhere.requests) == 1
    assert "authorization" not in good.requests[0].headers


def test_an_address_that_nobody_wrote_is_refused_whatever_name_leads_to_it():
    with FakeTarget() as inside:
        target = Target("elsewhere", f"http://127.0.0.1:{inside.port}/")
        hidden = Hidden(target.name, target.url)
        [(_, error)] = POSTMAN.post([Delivery(0, hidden, MESSAGE)])
        assert error.startswith("No connection was made: 127.0.0.1 is an address of this machine")
        allowing = Postman(SecretStr(SECRET), ("127.0.0.1",), lambda: False)
        assert list(allowing.post([Delivery(0, hidden, MESSAGE)])) == [(0, None)]
    assert len(inside.requests) == 1


class Hidden(Target):
    """A target that leads to hosts which its address does not name."""

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset()


def test_a_round_ends_at_once_when_the_server_does():
    stopping = threading.Event()
    with FakeTarget("silent") as silent:
        postman = Postman(SecretStr(SECRET), (), stopping.is_set)
        [target] = targets_of(parse_targets(silent.url))
        threading.Thread(target=lambda: until(lambda: silent.requests) and stopping.set()).start()
        assert list(postman.post([Delivery(0, target, MESSAGE)])) == []
