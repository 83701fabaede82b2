"""The settings: options of the command line, else the environment, else `.env`, else the defaults. Frozen once read.

Owns their names and defaults, and refuses values that make no sense; it opens no database and makes no folder.
"""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.currency import Currency
from app.errors import BadSetting, in_words
from app.formats import SentFormat
from app.keys import check_base_url, checked_key
from app.media import NSFW_THRESHOLD
from app.models import Layout
from app.targets import SERVICES, Addresses, WebhookSecret, check_targets

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "[::1]"})
DEFAULT_ALLOWED_HOSTS = ("localhost", "127.0.0.1", "[::1]")
ENV_FILE = ".env"
Structured = Literal["json_schema", "json_object", "none"]
"""How a server is told which form an answer must have: by a schema, that it is JSON, or in words alone."""
MOST_PRICE = 1_000_000
"""USD for a million tokens: what is more is a slip, and would be no amount that can be added up."""
MOST_TOKENS = 1_000_000_000
"""Of one request."""
_ROOT_NAME = re.compile(r"[^/\\\x00-\x1f\x7f\ud800-\udfff]+")


class Settings(BaseSettings):
    """The settings of one process. Field names are the environment variables in lower case.

    `ingest_file_timeout_seconds` is wall time in seconds for one image, `file_timeout_video_seconds` for one video; the
    workers add 1 s for each 20 MB. `ingest_worker_memory_mb` is address space in MiB,
    `ingest_preview_cache_mb` what the kept previews may take, `ingest_keep_originals_mb` what the originals of files
    that were written into may, both in MiB. `ingest_backups` is how many copies of the library are kept, one a day.
    `ingest_detector_threshold` is the confidence, 0 to 1, from which the detector's boxes count. `ingest_currency` is
    what costs are told in beside US dollars, with its rate.
    `ingest_notify` are addresses to be told of sessions, `ingest_allowed_targets` more hosts that may be called.
    Of `ingest_describe_*`, prices are USD for a million tokens, and `side` is the longer one of a picture in pixels.
    """

    model_config = SettingsConfigDict(env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True)

    database_url: str = "sqlite:///./media_ingest.db"
    ingest_media_roots: Annotated[dict[str, Path], NoDecode] = {"media": Path("./media")}
    ingest_state_dir: Path = Path("./.ingestion_state")
    ingest_host: str = "127.0.0.1"
    ingest_port: int = Field(default=7862, ge=0, le=65535)
    ingest_token: str | None = None
    ingest_allowed_hosts: Annotated[tuple[str, ...], NoDecode] = DEFAULT_ALLOWED_HOSTS
    ingest_workers: int = Field(default=1, ge=1, le=64)
    ingest_file_timeout_seconds: float = Field(default=30.0, gt=0)
    ingest_worker_memory_mb: int = Field(default=1536, ge=256)
    ingest_nsfw_weights: Path | None = None
    ingest_detector_model: Path | None = None
    ingest_detector_layout: Layout | None = None
    ingest_detector_threshold: float = Field(default=0.25, ge=0, le=1, allow_inf_nan=False)
    ingest_nsfw_threshold: float = Field(default=NSFW_THRESHOLD, ge=0, le=1, allow_inf_nan=False)
    ingest_progress_interval: int | None = Field(default=None, ge=1)
    ingest_auto_resume: bool = True
    ingest_inbox: str | None = None
    ingest_preview_cache_mb: int = Field(default=1024, ge=0)
    ingest_sidecar_dir: Path | None = None
    ingest_describe_dir: Path | None = None
    ingest_keep_originals_mb: int = Field(default=2048, ge=0)
    ingest_backups: int = Field(default=7, ge=0)
    ingest_backup_dir: Path | None = None
    ingest_describe_base_url: str | None = None
    ingest_describe_api_key: SecretStr | None = None
    ingest_describe_model: str | None = None
    ingest_describe_price_in: Decimal | None = Field(default=None, ge=0, le=MOST_PRICE)
    ingest_describe_price_out: Decimal | None = Field(default=None, ge=0, le=MOST_PRICE)
    ingest_describe_max_input_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    ingest_describe_max_output_tokens: int = Field(default=2048, ge=1, le=MOST_TOKENS)
    ingest_describe_structured: Structured = "json_schema"
    ingest_describe_side: int = Field(default=1024, ge=64, le=8192)
    ingest_describe_quality: int = Field(default=80, ge=1, le=100)
    ingest_describe_format: SentFormat = "jpeg"
    ingest_describe_concurrency: int = Field(default=1, ge=1, le=64)
    ingest_describe_requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    ingest_describe_timeout_seconds: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    ingest_describe_providers: Path | None = None
    ingest_describe_templates: Path | None = None
    ingest_currency: Annotated[Currency | None, NoDecode] = None
    ingest_notify: Annotated[Addresses, NoDecode] = None
    ingest_notify_secret: WebhookSecret | None = None
    ingest_notify_services: Annotated[tuple[str, ...], NoDecode] = SERVICES
    ingest_allowed_targets: Annotated[tuple[str, ...] | None, NoDecode] = None

    @field_validator("ingest_media_roots", mode="before")
    @classmethod
    def _parse_roots(cls, value: Any) -> Any:
        return parse_roots(value.split(",")) if isinstance(value, str) else value

    @field_validator("ingest_media_roots")
    @classmethod
    def _roots_stand_apart(cls, roots: dict[str, Path]) -> dict[str, Path]:
        check_roots_apart(roots)
        return roots

    @field_validator("ingest_allowed_hosts", "ingest_allowed_targets", "ingest_notify_services", mode="before")
    @classmethod
    def _parse_hosts(cls, value: Any) -> Any:
        return tuple(host.strip() for host in value.split(",") if host.strip()) if isinstance(value, str) else value

    @field_validator("ingest_currency", mode="before")
    @classmethod
    def _parse_currency(cls, value: Any) -> Any:
        return Currency.read(value) if isinstance(value, str) else value

    @field_validator(
        "ingest_token",
        "ingest_nsfw_weights",
        "ingest_detector_model",
        "ingest_detector_layout",
        "ingest_progress_interval",
        "ingest_inbox",
        "ingest_sidecar_dir",
        "ingest_describe_dir",
        "ingest_backup_dir",
        "ingest_describe_base_url",
        "ingest_describe_api_key",
        "ingest_describe_model",
        "ingest_describe_price_in",
        "ingest_describe_price_out",
        "ingest_describe_max_input_tokens",
        "ingest_describe_requests_per_minute",
        "ingest_describe_providers",
        "ingest_describe_templates",
        "ingest_currency",
        "ingest_notify_secret",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _open_host_needs_token(self) -> Self:
        if self.ingest_host not in LOOPBACK_HOSTS and not self.ingest_token:
            message = (
                f"INGEST_HOST={self.ingest_host} can be reached from other machines: set INGEST_TOKEN to a secret, "
                "or use 127.0.0.1"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _state_outside_the_media(self) -> Self:
        for name, path in self.ingest_media_roots.items():
            if _lies_among_media(self.ingest_state_dir, path):
                message = (
                    f"INGEST_STATE_DIR={self.ingest_state_dir} lies inside the media root '{name}', so that thumbnails "
                    "would be taken in: choose a folder elsewhere, or one whose name begins with a dot"
                )
                raise ValueError(message)
            if _lies_among_media(self.backup_dir, path):
                message = (
                    f"INGEST_BACKUP_DIR={self.backup_dir} lies inside the media root '{name}', where files are only "
                    "read: choose a folder elsewhere"
                )
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _written_outside_the_media(self) -> Self:
        _check_written_apart(self, self.ingest_media_roots)
        return self

    @field_validator("ingest_describe_api_key")
    @classmethod
    def _key_can_be_sent(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else checked_key(value.get_secret_value())

    @field_validator("ingest_describe_base_url")
    @classmethod
    def _base_url_is_one(cls, value: str | None) -> str | None:
        if value is not None:
            check_base_url(value)
        return value

    @model_validator(mode="after")
    def _both_prices_or_none(self) -> Self:
        if (self.ingest_describe_price_in is None) != (self.ingest_describe_price_out is None):
            message = "set INGEST_DESCRIBE_PRICE_IN and INGEST_DESCRIBE_PRICE_OUT, both or neither; 0 for a local model"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _targets_can_be_told(self) -> Self:
        check_targets(self.ingest_notify or (), self.ingest_notify_services, self.ingest_notify_secret)
        return self

    @property
    def sidecar_dir(self) -> Path:
        """Where sidecars are written unless another place is asked for."""
        return self.ingest_sidecar_dir or self.ingest_state_dir / "sidecars"

    @property
    def describe_dir(self) -> Path:
        """Where files of descriptions are written while a session runs."""
        return self.ingest_describe_dir or self.ingest_state_dir / "descriptions"

    @property
    def database_enabled(self) -> bool:
        """Whether there is a database at all."""
        return self.database_url.lower() != "none"

    @property
    def backup_dir(self) -> Path:
        """Where the copies of the library are kept: beside the state folder, if nothing else is said."""
        beside = self.ingest_state_dir.absolute()
        return self.ingest_backup_dir or beside.with_name(f"{beside.name}.backups")

    @cached_property
    def file_timeout_video_seconds(self) -> float:
        """Wall time for one video: four times that of an image (30 s and 120 s by default)."""
        return self.ingest_file_timeout_seconds * 4

    @property
    def address(self) -> str:
        """Where the server listens, as a URL."""
        host = f"[{self.ingest_host}]" if ":" in self.ingest_host else self.ingest_host
        return f"http://{host}:{self.ingest_port}"


def secret_named(variable: str) -> SecretStr | None:
    """The key that an environment variable, else `.env`, holds; None where neither does. Raises ValueError."""
    value = os.environ.get(variable) or (dotenv_values(ENV_FILE).get(variable) if Path(ENV_FILE).is_file() else None)
    return checked_key(value) if value else None


def _check_written_apart(configured: Settings, roots: Mapping[str, Path]) -> None:
    """Raises ValueError with a sentence where a folder of the settings that is written to and a media root overlap."""
    if configured.ingest_sidecar_dir is not None:
        check_apart(configured.ingest_sidecar_dir, roots, "sidecars", "INGEST_SIDECAR_DIR")
    if configured.ingest_describe_dir is not None:
        check_apart(configured.ingest_describe_dir, roots, "descriptions", "INGEST_DESCRIBE_DIR")


def check_apart(folder: Path, roots: Mapping[str, Path], what: str, setting: str) -> None:
    """Raises ValueError with a sentence where a folder that `what` is written to and a media root overlap."""
    inner = os.path.realpath(folder)
    for name, path in roots.items():
        outer = os.path.realpath(path)
        if os.path.commonpath([outer, inner]) in (outer, inner):
            message = (
                f"the folder for {what}, {folder}, and the media root '{name}' lie inside one another: "
                f"set {setting} to a folder elsewhere"
            )
            raise ValueError(message)


def _lies_among_media(state: Path, root: Path) -> bool:
    """Whether what a state folder holds would be taken in: it is inside a root and not hidden there."""
    outer, inner = os.path.realpath(root), os.path.realpath(state)
    hidden = any(part.startswith(".") for part in os.path.relpath(inner, outer).split(os.sep))
    return os.path.commonpath([outer, inner]) == outer and (inner == outer or not hidden)


def root_beside(configured: Settings, roots: Mapping[str, Path], name: str, path: str) -> Path:
    """The folder of one more media root beside these. Raises ValueError with a sentence where it cannot be one."""
    folder = Path(os.path.expanduser(path))
    if not folder.is_absolute():
        message = "write the whole path of the folder, such as /srv/photos"
        raise ValueError(message)
    if not folder.is_dir():
        message = f"{path} is a file: choose the folder it lies in" if folder.exists() else f"there is no folder {path}"
        raise ValueError(message)
    if not os.access(folder, os.R_OK | os.X_OK):
        message = f"{path} cannot be read by Media Ingest: give it the right to"
        raise ValueError(message)
    check_roots_apart({**roots, name: folder})
    if _lies_among_media(configured.ingest_state_dir, folder):
        message = f"the state folder lies inside {path}, so that thumbnails would be taken in: choose another folder"
        raise ValueError(message)
    if _lies_among_media(configured.backup_dir, folder):
        message = f"the copies of the library lie inside {path}, where files are only read: choose another folder"
        raise ValueError(message)
    _check_written_apart(configured, {name: folder})
    return Path(os.path.realpath(folder))


def parse_roots(texts: list[str]) -> dict[str, Path]:
    """`["photos=/srv/photos", "/srv/video"]` -> `{"photos": ..., "video": ...}`. Raises ValueError with a sentence."""
    roots: dict[str, Path] = {}
    for text in (text.strip() for text in texts):
        if not text:
            continue
        name, equals, path = text.partition("=")
        if not equals or "/" in name:
            path = text
            name = Path(os.path.realpath(text)).name or "root"
        check_root_name(name)
        if name in roots:
            message = f"two media roots are named '{name}': give one another name, as in other={path}"
            raise ValueError(message)
        roots[name] = Path(path).expanduser()
    if not roots:
        message = "at least one media root is needed, as in photos=/path/to/photos"
        raise ValueError(message)
    return roots


def check_root_name(name: str) -> None:
    """Raises ValueError with a sentence for what cannot be the name of a media root."""
    if not _ROOT_NAME.fullmatch(name) or name in {".", ".."} or name != name.strip() or set(name) & {"=", ","}:
        message = f"{name!a} cannot be the name of a media root: use letters, digits, '-' and '_'"
        raise ValueError(message)


def check_roots_apart(roots: dict[str, Path]) -> None:
    """Raises ValueError if one root lies inside another (or is the same): files would be counted twice."""
    real = sorted((os.path.realpath(path), name) for name, path in roots.items())
    for i, (outer, outer_name) in enumerate(real):
        for inner, inner_name in real[i + 1 :]:
            if os.path.commonpath([outer, inner]) == outer:
                message = f"media root '{inner_name}' lies inside '{outer_name}' ({outer}): keep only one of them"
                raise ValueError(message)


def load(more_roots: list[str] | None = None, **overrides: Any) -> Settings:
    """The settings of this process; `overrides` (from the command line) win. Raises BadSetting with one sentence.

    `more_roots` (`["name=path", ...]`) are added to the configured ones. The sample root that stands for "none
    configured" gives way where it is not there or overlaps with one of them.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        configured = Settings(**given)
        if not more_roots:
            return configured
        added = parse_roots(more_roots)
        kept = _roots_beside(added, configured)
        if twice := sorted(added.keys() & kept.keys()):
            message = f"two media roots are named '{twice[0]}': give one another name"
            raise BadSetting(f"--root: {message}.")
        return Settings(**given, ingest_media_roots=added | kept)  # the page chooses the first
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else ""
        sentence = in_words(first)
        raise BadSetting(f"{name}: {sentence}." if name else f"{sentence}.") from None
    except ValueError as error:
        raise BadSetting(f"--root: {error}.") from None


def with_remembered(configured: Settings, remembered: Mapping[str, Path]) -> Settings:
    """These settings, and of the media roots that a state folder remembers those that stand apart from the named ones.

    For commands that a person types. A server is not given them: it shows what was named to it and nothing else.
    """
    roots = _roots_beside(remembered, configured)
    for name, path in remembered.items():
        if name in roots or not _ROOT_NAME.fullmatch(name):
            continue
        if any(_lies_among_media(ours, path) for ours in (configured.ingest_state_dir, configured.backup_dir)):
            continue
        try:
            check_roots_apart(roots | {name: path})
        except ValueError:
            continue
        roots = roots | {name: path}
    return configured.model_copy(update={"ingest_media_roots": roots or configured.ingest_media_roots})


def _roots_beside(added: Mapping[str, Path], configured: Settings) -> dict[str, Path]:
    """The configured roots; the default one only where it exists and stands apart from those that are added."""
    roots = configured.ingest_media_roots
    if "ingest_media_roots" in configured.model_fields_set:
        return roots
    try:
        check_roots_apart({**roots, **{f"added {name}": path for name, path in added.items()}})
    except ValueError:
        return {}
    return {name: path for name, path in roots.items() if path.is_dir() and name not in added}


def sources() -> dict[str, str]:
    """Where each setting of this process comes from: `environment`, `.env` or `default`, by variable name."""
    environment = {name.upper() for name in os.environ}
    from_file = {name.upper() for name in dotenv_values(ENV_FILE)} if Path(ENV_FILE).is_file() else set()
    return {
        name.upper(): "environment"
        if name.upper() in environment
        else ENV_FILE
        if name.upper() in from_file
        else "default"
        for name in Settings.model_fields
    }
