"""Looks at every setting and at what it points at; says what is wrong and what to do, changes nothing."""

import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any, Literal

from pydantic import SecretStr

from app import settings
from app.analysis.recipes import Recipes
from app.backup.standing import how_copies_stand
from app.describe.prices import max_input_tokens_of, pricing_of
from app.describe.providers import DEFAULT, Provider, providers_of
from app.describe.template_files import templates
from app.describe.wire import UNAVAILABLE as NOBODY_ASKS
from app.describe.wire import can_be_asked
from app.errors import MediaIngestError
from app.ingest.session.lock import database_lock
from app.ingest.session.store import IngestionState
from app.library.engine import parse_url, shown_url, sqlite_path
from app.library.library import Library
from app.library.migrations import HEAD, revision_of
from app.media import Stage
from app.models_here import detector_of, weights_of
from app.settings import Settings
from app.targets import targets_of
from app.texts import counted
from app.typed import command_as_typed

Verdict = Literal["ok", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One setting: its value as shown (secrets hidden), where it comes from, and what was found."""

    name: str
    value: str
    source: str
    verdict: Verdict = "ok"
    sentence: str = ""


def examine(configured: Settings, on_command_line: AbstractSet[str] = frozenset()) -> list[Finding]:
    """A finding for each setting of the contract; `on_command_line` names those that an option changed."""
    origin = settings.sources() | dict.fromkeys(on_command_line, "command line")
    named = configured.ingest_media_roots
    configured = settings.with_remembered(configured, IngestionState(configured.ingest_state_dir).remembered_roots())
    if configured.ingest_media_roots != named:
        origin["INGEST_MEDIA_ROOTS"] += ", and what the state folder remembers"
    verdicts = {
        "DATABASE_URL": _database(configured),
        "INGEST_MEDIA_ROOTS": _roots(configured),
        "INGEST_STATE_DIR": _state(configured),
        "INGEST_NSFW_WEIGHTS": _weights(configured),
        "INGEST_DETECTOR_MODEL": _detector(configured),
        "INGEST_BACKUPS": _copies(configured),
        "INGEST_DESCRIBE_BASE_URL": _provider(configured),
        "INGEST_DESCRIBE_PROVIDERS": _other_providers(configured),
        "INGEST_DESCRIBE_TEMPLATES": _templates(configured),
        "INGEST_CURRENCY": _currency(configured),
        "INGEST_NOTIFY": _notify(configured),
    }
    return [
        Finding(name.upper(), _shown(name, value), origin[name.upper()], *verdicts.get(name.upper(), ("ok", "")))
        for name, value in configured
    ]


def _shown(name: str, value: Any) -> str:
    if name == "database_url" and value != "none":
        return shown_url(value)
    if name == "ingest_token" or isinstance(value, SecretStr):
        return "set" if value else "none"
    if isinstance(value, dict):
        return ", ".join(f"{key}={path}" for key, path in value.items())
    if name == "ingest_notify" and value:
        return ", ".join(target.name for target in targets_of(value))
    if isinstance(value, tuple):
        return ", ".join(value)
    return "none" if value is None else str(value)


def _database(configured: Settings) -> tuple[Verdict, str]:
    if not configured.database_enabled:
        return "note", "The database is disabled: nothing can be taken in."
    try:
        revision = revision_of(configured.database_url)
    except MediaIngestError as error:
        return "wrong", error.sentence
    if revision is None:
        return "note", f"Fresh: it is made at revision {HEAD} by serve, run or migrate."
    if revision != HEAD:
        return "note", f"Revision {revision}: it will be upgraded."
    return "ok", " ".join([f"Revision {revision}.", *_servers(configured.database_url)])


def _servers(url: str) -> list[str]:
    """The servers that work on a database at head, a sentence for each. Raises NeedsAttention."""
    file = sqlite_path(parse_url(url))
    if file is not None:
        holder = database_lock(file).holder()
        return [] if holder is None else [f"Server: {holder}."]
    library = Library(url)
    try:
        return [f"Server: {other.sentence}." for other in library.leases.others()]
    finally:
        library.close()


def _roots(configured: Settings) -> tuple[Verdict, str]:
    complaints = list(_root_complaints(configured))
    if complaints:
        return "wrong", " ".join(complaints)
    return "ok", f"{len(configured.ingest_media_roots)} readable."


def _root_complaints(configured: Settings) -> Iterator[str]:
    for name, path in configured.ingest_media_roots.items():
        if not path.is_dir():
            yield f"The media root '{name}' is not there: {path} is no directory."
        elif not os.access(path, os.R_OK | os.X_OK):
            yield f"The media root '{name}' ({path}) cannot be read."


def _state(configured: Settings) -> tuple[Verdict, str]:
    folder = configured.ingest_state_dir
    if folder.exists():
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            return "wrong", f"{folder} cannot be written."
        held = IngestionState(folder).holder()
        return ("ok", f"Held by {held}.") if held else ("ok", "Writable.")
    return "ok", "It is made by serve or run."


def _copies(configured: Settings) -> tuple[Verdict, str]:
    try:
        told = how_copies_stand(configured, datetime.now(UTC))
    except MediaIngestError:  # what is wrong with the address of the database is said there
        return "ok", ""
    return ("ok", "") if told is None else ("note" if told.late else "ok", told.sentence)


def _currency(configured: Settings) -> tuple[Verdict, str]:
    currency = configured.ingest_currency
    return "ok", "" if currency is None else f"{currency.as_rate}."


def _notify(configured: Settings) -> tuple[Verdict, str]:
    targets = targets_of(configured.ingest_notify)
    needed = {"standardwebhooks" if target.is_webhook else "apprise" for target in targets}
    if missing := sorted(name for name in needed if find_spec(name) is None):
        return "wrong", f"{' and '.join(missing)} cannot be imported: pip install 'media-ingest[notify]' brings it."
    return "ok", f"{counted(len(targets), 'target')}; {command_as_typed()} notify test tries them." if targets else ""


def _weights(configured: Settings) -> tuple[Verdict, str]:
    weights = weights_of(configured)
    recipe = Recipes(weights).now()
    sentence = recipe.complaint(Stage.NSFW)
    return ("note", sentence) if sentence else ("ok", f"{weights.look().weights} can be used.")


def _detector(configured: Settings) -> tuple[Verdict, str]:
    if configured.ingest_detector_model is None:
        return "ok", ""
    found = detector_of(configured).wait()
    if found.model is None:
        return "wrong", found.sentence
    return (
        "ok",
        f"{found.model.name} can be used: {counted(len(found.model.labels), 'label')}, layout {found.model.layout}.",
    )


def _provider(configured: Settings) -> tuple[Verdict, str]:
    if configured.ingest_describe_base_url is None:
        return "ok", ""
    found = providers_of(configured.model_copy(update={"ingest_describe_providers": None}))
    if sentence := found.complaints.get(DEFAULT):
        return "wrong", sentence
    if not can_be_asked():
        return "note", NOBODY_ASKS
    return _priced(found.usable[DEFAULT])


def _priced(provider: Provider) -> tuple[Verdict, str]:
    """What is known of the cost of a provider's model; nobody is asked."""
    pricing = pricing_of(provider)
    if pricing is None:
        return "note", f"What {provider.model} costs is not known: set INGEST_DESCRIBE_PRICE_IN and _PRICE_OUT."
    if not pricing.free and max_input_tokens_of(provider) is None:
        return "note", f"The context of {provider.model} is not known: a budget needs INGEST_DESCRIBE_MAX_INPUT_TOKENS."
    price = pricing.tiers[0].price
    return "ok", f"{provider.model} costs {price.tokens_in:f} USD in, {price.tokens_out:f} out, for a million tokens."


_OF_FILE = "providers."  # how a complaint of the file begins


def _other_providers(configured: Settings) -> tuple[Verdict, str]:
    if configured.ingest_describe_providers is None:
        return "ok", ""
    try:
        found = providers_of(configured)
    except MediaIngestError as error:
        return "wrong", error.sentence
    elsewhere = {DEFAULT} if configured.ingest_describe_base_url is not None else frozenset[str]()
    complaints = [each for name, each in found.complaints.items() if name not in elsewhere or each.startswith(_OF_FILE)]
    others = counted(len(found.usable.keys() - elsewhere), "provider")
    return ("wrong", " ".join(complaints)) if complaints else ("ok", f"{others} can be asked.")


def _templates(configured: Settings) -> tuple[Verdict, str]:
    found = templates(configured.ingest_describe_templates)
    if found.complaints:
        return "wrong", " ".join(found.complaints.values())
    return "ok", f"{counted(len(found.usable), 'template')} can be used."
