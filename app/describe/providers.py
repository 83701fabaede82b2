"""Providers: which server is asked, which model, within which limits. Keys come from the environment alone.

The provider `default` is that of INGEST_DESCRIBE_*; others are tables of the TOML file INGEST_DESCRIBE_PROVIDERS.
"""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from app.descriptions import Price
from app.errors import BadSetting, InvalidRequest, in_words
from app.keys import check_base_url
from app.settings import MOST_PRICE, MOST_TOKENS, Settings, Structured, secret_named

DEFAULT = "default"
NO_PROVIDER = "No vision model is set up: set INGEST_DESCRIBE_BASE_URL and INGEST_DESCRIBE_MODEL."
_NAMED = "must have a name of at most 200 characters that can be shown"
_LINE = re.compile(r"\(at line (\d+), column \d+\)$")  # of what tomllib says
_MAX_OUTPUT_TOKENS = Settings.model_fields["ingest_describe_max_output_tokens"].default
_TIMEOUT_SECONDS = Settings.model_fields["ingest_describe_timeout_seconds"].default


@dataclass(frozen=True, slots=True)
class Provider:
    """A server that speaks the chat completions of OpenAI, and the model that it is asked for.

    `price` is what the settings say, None where a price list has to know it; `max_input_tokens` likewise.
    `requests_per_minute` None: as many as there are. Source of the protocol:
    https://platform.openai.com/docs/api-reference/chat/create
    """

    name: str
    base_url: str
    model: str
    api_key: SecretStr | None = field(default=None, repr=False)
    price: Price | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int = _MAX_OUTPUT_TOKENS
    concurrency: int = 1
    requests_per_minute: float | None = None
    timeout_seconds: float = _TIMEOUT_SECONDS
    structured: Structured = "json_schema"

    @property
    def host(self) -> str:
        """The host of its address, in lower case; without brackets where it is an IPv6 address."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def local(self) -> bool:
        """Whether its host is this machine: `localhost`, or a loopback address. No name is looked up."""
        if self.host == "localhost":  # not what ends with it: some systems ask a server for names for that
            return True
        try:
            address = ipaddress.ip_address(self.host)
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return (mapped or address).is_loopback

    def with_model(self, model: str | None) -> "Provider":
        """This provider asked for another model, whose price the settings do not tell, unless nothing costs there."""
        if model is None or model == self.model:
            return self
        free = self.price is not None and not any((self.price.tokens_in, self.price.tokens_out))
        return replace(self, model=model, price=self.price if free else None)

    def without_key(self, text: str) -> str:
        """A text that a server sent, without the key, should it have been sent back."""
        key = self.api_key.get_secret_value() if self.api_key else ""
        return text.replace(key, "***") if key else text


def _can_be_named(text: str) -> bool:
    return 0 < len(text) <= 200 and text.isprintable()  # surrogates and control codes are not


def _name(text: str) -> str:
    if not _can_be_named(text):
        raise ValueError(_NAMED)
    return text


def _whole_address(url: str) -> str:
    check_base_url(url)
    return url


class _Table(BaseModel):
    """A table `[providers.NAME]`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_url: Annotated[str, AfterValidator(_whole_address)]
    model: Annotated[str, AfterValidator(_name)]
    api_key_env: str | None = Field(default=None, min_length=1)
    price_in: Annotated[Decimal, Field(strict=False)] | None = Field(default=None, ge=0, le=MOST_PRICE)
    price_out: Annotated[Decimal, Field(strict=False)] | None = Field(default=None, ge=0, le=MOST_PRICE)
    price_cached: Annotated[Decimal, Field(strict=False)] | None = Field(default=None, ge=0, le=MOST_PRICE)
    max_input_tokens: int | None = Field(default=None, ge=1, le=MOST_TOKENS)
    max_output_tokens: int = Field(default=_MAX_OUTPUT_TOKENS, ge=1, le=MOST_TOKENS)
    concurrency: int = Field(default=1, ge=1, le=64)
    requests_per_minute: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    timeout_seconds: float = Field(default=_TIMEOUT_SECONDS, gt=0, allow_inf_nan=False)
    structured: Structured = "json_schema"


@dataclass(frozen=True, slots=True)
class Providers:
    """The providers that can be asked, by name, and a sentence for each that cannot."""

    usable: Mapping[str, Provider]
    complaints: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str, model: str | None = None) -> Provider:
        """The provider of that name, asked for another model than its own if one is given.

        Raises InvalidRequest `no_provider`, which says what to set.
        """
        if model is not None and not _can_be_named(model):
            raise InvalidRequest(f"A model {_NAMED}.", field="describe", cause="no_provider")
        if name in self.usable:
            return self.usable[name].with_model(model)
        if name in self.complaints:
            sentence = self.complaints[name]
        elif name == DEFAULT:
            sentence = NO_PROVIDER
        elif self.usable:
            sentence = f"There is no provider of that name: choose one of {', '.join(self.usable)}."
        else:
            sentence = "There is no provider of that name: name it in the file INGEST_DESCRIBE_PROVIDERS."
        raise InvalidRequest(sentence, field="describe", cause="no_provider")


def providers_of(configured: Settings) -> Providers:
    """The providers of the settings; of one that is wrong a sentence. Raises BadSetting for a file that is no TOML."""
    usable: dict[str, Provider] = {}
    complaints: dict[str, str] = {}
    if configured.ingest_describe_base_url is not None:
        if configured.ingest_describe_model is None:
            complaints[DEFAULT] = "INGEST_DESCRIBE_MODEL is needed: the name of a model that sees pictures."
        else:
            usable[DEFAULT] = _default_of(configured, configured.ingest_describe_base_url)
        if not _can_be_named(configured.ingest_describe_model or "m"):
            usable.pop(DEFAULT)
            complaints[DEFAULT] = f"INGEST_DESCRIBE_MODEL {_NAMED}."
    if configured.ingest_describe_providers is not None:
        for name, table in _tables_of(configured.ingest_describe_providers).items():
            if name in usable or name in complaints:
                complaints[name] = f"providers.{name}: INGEST_DESCRIBE_BASE_URL is that provider already."
                continue
            try:
                usable[name] = provider_from(name, table)
            except ValueError as error:
                complaints[name] = f"providers.{name}{error}."
    return Providers(usable, complaints)


def _default_of(configured: Settings, base_url: str) -> Provider:
    price_in, price_out = configured.ingest_describe_price_in, configured.ingest_describe_price_out
    return Provider(
        DEFAULT,
        base_url,
        configured.ingest_describe_model or "",
        configured.ingest_describe_api_key,
        None if price_in is None or price_out is None else Price(price_in, price_out),
        configured.ingest_describe_max_input_tokens,
        configured.ingest_describe_max_output_tokens,
        configured.ingest_describe_concurrency,
        configured.ingest_describe_requests_per_minute,
        configured.ingest_describe_timeout_seconds,
        configured.ingest_describe_structured,
    )


def _tables_of(path: Path) -> Mapping[str, Any]:
    """The tables of the file. Raises BadSetting."""
    try:
        with path.open("rb") as file:
            content = tomllib.load(file, parse_float=Decimal)
    except OSError as error:
        raise BadSetting(f"INGEST_DESCRIBE_PROVIDERS: {path} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:
        line = _LINE.search(str(error)) if isinstance(error, tomllib.TOMLDecodeError) else None  # it may quote the file
        at = f" at line {line[1]}" if line else ""
        raise BadSetting(f"INGEST_DESCRIBE_PROVIDERS: {path} is no TOML{at}.") from None
    tables = content.pop("providers", {})
    if content or not isinstance(tables, dict):
        raise BadSetting(f"INGEST_DESCRIBE_PROVIDERS: {path} may hold tables [providers.NAME] and nothing else.")
    return tables


def provider_from(name: str, table: Any) -> Provider:
    """A provider from a table of the file. Raises ValueError with a clause that begins with the key at fault."""
    if not isinstance(table, dict):
        message = " must be a table"
        raise ValueError(message)  # noqa: TRY004 - as all that is wrong in the file
    if not _can_be_named(name):
        raise ValueError(f": a provider {_NAMED}")
    if "api_key" in table:
        message = ".api_key: keys come from the environment only; name the variable that has it in api_key_env"
        raise ValueError(message)
    try:
        read = _Table.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = "".join(f".{part}" for part in first["loc"][:1])
        fault = "is no key of a provider" if first["type"] == "extra_forbidden" else in_words(first)
        raise ValueError(f"{key} {fault}") from None
    if (read.price_in is None) != (read.price_out is None):
        message = ": price_in and price_out belong together"
        raise ValueError(message)
    try:
        secret = secret_named(read.api_key_env) if read.api_key_env else None
    except ValueError as error:
        raise ValueError(f".api_key_env: the key in {read.api_key_env} {error}") from None
    if read.api_key_env and secret is None:
        message = f".api_key_env: the environment has no {read.api_key_env}"
        raise ValueError(message)
    priced = read.price_in is not None and read.price_out is not None
    values = read.model_dump(exclude={"api_key_env", "price_in", "price_out", "price_cached"})
    price = Price(read.price_in, read.price_out, read.price_cached) if priced else None  # type: ignore[arg-type]
    return Provider(name, api_key=secret, price=price, **values)
