"""The process that tells targets: each delivery on a thread of its own, behind the guard of outgoing connections.

Started by `sending.py`, which ends it when its time is over. Reads one JSON object from standard input, writes a line
of JSON for each delivery: its number, and why it failed. Never shows what is secret in an address.
"""

import http.client
import json
import logging
import os
import re
import socket
import ssl
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from app.outgoing import Refused, guard_this_process
from app.own_process import die_with_parent

_NOT_INSTALLED = "The package {} is not installed: pip install 'media-ingest[notify]' brings it."
_STATUS = re.compile(r"\berror[ =:]+(\d{3})\b")
_writing = threading.Lock()
_refusals = threading.local()


def main() -> None:
    """Does what standard input says, and ends when all is done or its parent goes."""
    asked = json.load(sys.stdin)
    die_with_parent(asked["parent"])
    os.nice(5)  # a session may be at work; not more, for its time is limited
    guard_this_process(asked["written"], _note)
    threads = [threading.Thread(target=_deliver, args=(each,), daemon=True) for each in asked["deliveries"]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _deliver(delivery: Mapping[str, Any]) -> None:
    try:
        error = _webhook(delivery) if delivery["is_webhook"] else _apprise(delivery)
    except Exception as fault:  # noqa: BLE001 - whatever a package raises, its words may show a secret
        error = f"It could not be told: {type(fault).__name__}."
    line = json.dumps({"number": delivery["number"], "error": error})
    with _writing:
        print(line, flush=True)


def _note(why: str) -> None:
    _refusals.why = why


def _webhook(delivery: Mapping[str, Any]) -> str | None:
    """Sends a request as Standard Webhooks 1.0 says (https://www.standardwebhooks.com); None where it was taken."""
    if find_spec("standardwebhooks") is None:
        return _NOT_INSTALLED.format("standardwebhooks")
    from standardwebhooks import Webhook

    parts, now, body = urlsplit(delivery["url"]), datetime.now(UTC), json.dumps(delivery["payload"])
    headers = {
        "content-type": "application/json",
        "user-agent": "media-ingest",
        "webhook-id": delivery["id"],
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(delivery["secret"]).sign(delivery["id"], now, body),  # signs what a clock shows
    }
    host, port, seconds = parts.hostname or "", parts.port, delivery["seconds"]
    connection = (
        http.client.HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())
        if parts.scheme.lower() == "https"
        else http.client.HTTPConnection(host, port, timeout=seconds)
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body.encode(), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return _words(error)
    finally:
        connection.close()
    if 300 <= status < 400:
        return f"It answered with status {status}: redirects are not followed."
    return None if 200 <= status < 300 else f"It answered with status {status}."


def _words(error: Exception) -> str:
    """What went wrong on the way to a target, as a sentence."""
    match error:
        case Refused():
            return f"No connection was made: {error} Name its host in INGEST_ALLOWED_TARGETS if it is yours."
        case ssl.SSLCertVerificationError():
            return f"Its certificate is not valid: {error.verify_message}."
        case ssl.SSLError():
            return f"No secure connection could be made ({error.reason or 'TLS'})."
        case socket.gaierror():
            return "Its name cannot be resolved."
        case TimeoutError():
            return "It did not answer in time."
        case ConnectionRefusedError():
            return "It refused the connection."
        case ConnectionError() | http.client.RemoteDisconnected() | http.client.IncompleteRead():
            return "The connection was lost."
        case http.client.HTTPException():
            return "What it answered is no HTTP."
        case _:
            return f"It cannot be reached: {getattr(error, 'strerror', None) or type(error).__name__}."


class _Heard(logging.Handler):
    """What apprise says of failures, by the thread that it is on."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: dict[int | None, list[str]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.said.setdefault(threading.get_ident(), []).append(record.getMessage())


def _apprise(delivery: Mapping[str, Any]) -> str | None:
    """Lets apprise tell a target, without redirects and without files of its own; None where it was taken."""
    if find_spec("apprise") is None:
        return _NOT_INSTALLED.format("apprise")
    import apprise

    asset = apprise.AppriseAsset(
        app_id="Media Ingest",
        async_mode=False,
        service_timeout=0,  # or it would work on a thread of its own
        storage_mode="memory",
        secure_logging=True,
        http_redirects=False,
    )
    heard = _Heard()
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(heard)
    service = apprise.Apprise.instantiate(delivery["url"], asset=asset)
    if service is None:
        return "Its address is not complete: see what apprise wants of this service."
    service.redirects = False  # whatever the address says
    line = apprise.Apprise(service, asset=asset)  # which puts the text into the form that the service takes
    if line.notify(title=delivery["title"], body=delivery["text"], body_format=apprise.NotifyFormat.TEXT):
        return None
    if (why := getattr(_refusals, "why", None)) is not None:
        return _words(Refused(why))
    said = " ".join(heard.said.get(threading.get_ident(), ()))
    status = _STATUS.search(said)  # the only part of it that can be shown
    return f"It answered with status {status[1]}." if status else "It could not be told, or did not answer in time."


if __name__ == "__main__":
    main()
