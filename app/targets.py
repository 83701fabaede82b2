"""The targets of notifications as settings give them: addresses, what they are called, and the secret of webhooks.

An address may hold passwords and tokens: nothing here shows one.
"""

import re
from base64 import b64decode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import pbkdf2_hmac
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

SERVICES = (
    "mailto", "mailtos", "ntfy", "ntfys", "gotify", "gotifys", "slack", "discord", "tgram", "workflows",
    "matrix", "matrixs", "mmost", "mmosts", "rocket", "rockets", "pover", "pbul", "signal", "signals", "wxteams",
    "gchat",
)  # fmt: skip
"""The services of apprise that are used unless the settings name others: those that only send over a network."""
WEBHOOKS = ("https", "http")
_PLAIN = re.compile(r"[!-~]+")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=://)", re.IGNORECASE)
_BETWEEN = re.compile(r",\s*(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)  # the addresses themselves may have commas
_SECRET = re.compile(r"(?:whsec_)?([A-Za-z0-9+/]+={0,2})")
_ROUNDS = 50_000
_SECRET_BYTES = range(24, 65)  # Standard Webhooks 1.0, "Signature scheme"


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to tell. `name` can be shown: it holds no secret. No other address has it."""

    name: str
    url: str = field(repr=False)

    @property
    def is_webhook(self) -> bool:
        """Whether it is sent a signed request; else apprise knows what to do."""
        return _scheme_of(self.url) in WEBHOOKS

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that the address names, in lower case, and perhaps other words of it."""
        try:
            parts = urlsplit(self.url)
        except ValueError:  # brackets that hold no address
            return frozenset()
        named = (parts.hostname or "", *(value for _, value in parse_qsl(parts.query)))
        return frozenset(text.lower().rstrip(".") for text in named if text)


def parse_targets(text: str) -> tuple[SecretStr, ...] | None:
    """The addresses of a list with commas between them, None of an empty one. Raises ValueError, which shows none."""
    if not text.strip():
        return None
    texts = [each.strip() for each in _BETWEEN.split(text)]
    if not all(map(_is_whole, texts)):
        message = "must be addresses such as https://example.com/hook or ntfys://ntfy.sh/topic, with commas between"
        raise ValueError(message)
    if any(_scheme_of(each) in WEBHOOKS and "@" in urlsplit(each).netloc for each in texts):
        message = "must hold no user or password in the address of a webhook: its requests are signed"
        raise ValueError(message)
    return tuple(map(SecretStr, texts))


def _as_addresses(given: Any) -> Any:
    return parse_targets(given) if isinstance(given, str) else given


Addresses = Annotated[tuple[SecretStr, ...] | None, BeforeValidator(_as_addresses)]
"""The addresses of targets, as a setting gives them; None where it is empty."""


def _is_whole(url: str) -> bool:
    """Whether a text is an address at all. What follows the scheme is apprise's own, but for webhooks."""
    if _scheme_of(url) not in WEBHOOKS:
        return bool(_SCHEME.match(url)) and url.isprintable()
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and bool(_PLAIN.fullmatch(url))
    except ValueError:
        return False


def check_targets(targets: Sequence[SecretStr], services: Collection[str], secret: SecretStr | None) -> None:
    """Raises ValueError with a sentence for a target that could never be told anything."""
    for target in targets:
        scheme = _scheme_of(target.get_secret_value())
        if scheme in WEBHOOKS and secret is None:
            message = "INGEST_NOTIFY names a webhook: set INGEST_NOTIFY_SECRET, by which its requests are signed"
            raise ValueError(message)
        if scheme not in (*WEBHOOKS, *services):
            message = f"INGEST_NOTIFY names {scheme}://, which is not among INGEST_NOTIFY_SERVICES"
            raise ValueError(message)


def checked_secret(given: SecretStr) -> SecretStr:
    """The secret of webhooks. Raises ValueError, which shows nothing: what is no base64 would be signed by half."""
    text = given.get_secret_value()
    found = _SECRET.fullmatch(text.strip())
    if not found or len(found[1]) % 4 or len(b64decode(found[1])) not in _SECRET_BYTES:
        message = "must be the base64 of 24 to 64 random bytes, as `openssl rand -base64 32` prints"
        raise ValueError(message)
    return SecretStr(text.strip())


WebhookSecret = Annotated[SecretStr, AfterValidator(checked_secret)]
"""The secret of webhooks, as a setting gives it."""


def targets_of(addresses: Sequence[SecretStr] | None) -> tuple[Target, ...]:
    """The targets of the settings, each address once: named by the origin of a webhook, else by the service."""
    urls = dict.fromkeys(address.get_secret_value() for address in addresses or ())
    return tuple(Target(_name_of(url), url) for url in urls)


def _name_of(url: str) -> str:
    """A name that stays with an address wherever it stands in the list, and tells next to nothing of it.

    Of 16 bits, each guess at a password costs as much as the thousands of rounds, and most of them are right.
    """
    known = _scheme_of(url)
    if known in WEBHOOKS:
        known = f"{known}://{urlsplit(url).netloc}"
    return f"{known} ({pbkdf2_hmac('sha256', url.encode(), b'media-ingest', _ROUNDS, 2).hex()})"


def _scheme_of(url: str) -> str:
    return url.partition("://")[0].lower()
