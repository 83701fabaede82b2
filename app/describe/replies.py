"""What a server sent back, read without trust: a completion, or what its refusal means. Pure.

Source of the forms: https://platform.openai.com/docs/api-reference/chat/object and, for errors,
https://platform.openai.com/docs/guides/error-codes
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.descriptions import Usage
from app.texts import clean_text

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,60}")
_QUOTE = 16  # characters in a row that make a quotation
_MOST_SHOWN = 200  # characters of what a server says
_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_OF_THE_PROVIDER = frozenset({"model_not_found", "invalid_api_key"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A completion: its text, why it ended (`finish`), whether the model refused, and its tokens if they are told."""

    text: str
    finish: str | None = None
    refused: bool = False
    usage: Usage | None = None


def read_reply(body: str) -> Reply | None:
    """A completion from the body of an answer; None where it is none."""
    completion = _json(body)
    choices = _at(completion, "choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = _at(choice, "message")
    if not isinstance(message, dict):
        return None
    finish = _at(choice, "finish_reason")
    return Reply(
        _text(message.get("content")),
        finish if isinstance(finish, str) else None,
        bool(message.get("refusal")) or finish == "content_filter",
        _usage(_at(completion, "usage")),
    )


def _text(content: Any) -> str:
    """What was said: a text, or a list of parts, of which those that are texts count."""
    if isinstance(content, list):
        texts = (_at(part, "text") for part in content if _at(part, "type") == "text")
        return "".join(text for text in texts if isinstance(text, str))
    return content if isinstance(content, str) else ""


def _usage(told: Any) -> Usage | None:
    """The tokens; None where they are not told, or none is said to have gone in, which cannot be.

    Thoughts that are in the total alone, as some servers count, came out: they are charged.
    """
    tokens_in, tokens_out = _count(_at(told, "prompt_tokens")), _count(_at(told, "completion_tokens"))
    if not tokens_in or tokens_out is None:
        return None
    tokens_out = max(tokens_out, (_count(_at(told, "total_tokens")) or 0) - tokens_in)
    cached = _count(_at(_at(told, "prompt_tokens_details"), "cached_tokens")) or 0
    return Usage(tokens_in, tokens_out, min(cached, tokens_in))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else None


class Meaning(StrEnum):
    """What an HTTP status that is no success means for who asked."""

    BUSY = "busy"  # later: nothing was done
    LOST = "lost"  # something may have been done
    UNREACHABLE = "unreachable"  # nothing ever left
    REQUEST = "request"  # not with this picture or in this form
    FILTERED = "filtered"  # not this picture: what it shows
    NO_CREDIT = "no_credit"
    NO_ENTRY = "no_entry"  # the key
    NO_MODEL = "no_model"
    ELSEWHERE = "elsewhere"  # the address
    REFUSED = "refused"


def meaning_of(status: int, code: str | None) -> Meaning:
    """What a status means, with the code of the error where one is told."""
    if code in _CREDIT or status == 402:
        return Meaning.NO_CREDIT
    if code in _FILTERED:
        return Meaning.FILTERED
    if code in _OF_THE_PROVIDER:
        return Meaning.NO_MODEL if code == "model_not_found" else Meaning.NO_ENTRY
    match status:
        case 429:
            return Meaning.BUSY
        case 400 | 413 | 415 | 422:
            return Meaning.REQUEST
        case 401 | 403 | 407:
            return Meaning.NO_ENTRY
        case 404:
            return Meaning.NO_MODEL
        case _ if 300 <= status < 400:
            return Meaning.ELSEWHERE
        case _ if status >= 500 or status in {408, 409, 425}:
            return Meaning.LOST
        case _:
            return Meaning.REFUSED


def is_moderation(body: str) -> bool:
    """Whether an error says why a filter did not let what was sent through, as OpenRouter's 403 does.

    Source: https://openrouter.ai/docs/api-reference/errors
    """
    metadata = _at(_at(_json(body), "error"), "metadata")
    return isinstance(_at(metadata, "reasons"), list) and bool(metadata["reasons"])


def error_code(body: str) -> str | None:
    """The code, else the type, of an error, if it is a plain word."""
    error = _at(_json(body), "error")
    for value in (_at(error, "code"), _at(error, "type")):
        if isinstance(value, str) and _CODE.fullmatch(value):
            return value
    return None


def error_words(body: str, sent: Iterable[str]) -> str:
    """What an error says, on one line; its code alone where it quotes what was `sent`, empty where it says nothing."""
    error = _at(_json(body), "error")
    said = error if isinstance(error, str) else _at(error, "message")
    words = " ".join(clean_text(said).split())[:_MOST_SHOWN].rstrip(".") if isinstance(said, str) else ""
    windows = {words[at : at + _QUOTE] for at in range(max(len(words) - _QUOTE + 1, 1))} - {""}
    flat = [" ".join(text.split()) for text in sent if text]
    if any(window in text for text in flat for window in windows):
        words = ""
    return words or error_code(body) or ""


def _json(body: str) -> Any:
    try:
        return json.loads(body.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return None


def _at(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
