"""Addresses and keys of servers that are asked over HTTP, as settings give them."""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

_PLAIN = re.compile(r"[!-~]+")


def check_base_url(url: str) -> None:
    """Raises ValueError with a sentence for what cannot be the base of an OpenAI-compatible server's addresses."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0 and _PLAIN.fullmatch(url)
    except ValueError:
        whole, parts = False, urlsplit("")
    if not whole:
        message = "must be the address of an OpenAI-compatible server, such as http://localhost:11434/v1"
        raise ValueError(message)
    if parts.username or parts.password or parts.query or parts.fragment:
        message = "must hold no user, password, '?' or '#': the key has a setting of its own"
        raise ValueError(message)


def checked_key(text: str) -> SecretStr:
    """A key as it can be sent in a header, without the line end of its file. Raises ValueError, which shows nothing."""
    key = text.strip()
    if not _PLAIN.fullmatch(key):
        message = "must be made of ASCII letters, digits and signs, without spaces"
        raise ValueError(message)
    return SecretStr(key)
