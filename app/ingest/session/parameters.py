"""What a session is asked to do: the parameters of plan and process, checked and resolved."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.errors import InvalidRequest, in_words
from app.media import Stage
from app.texts import clean_text, shown_name

_MAX_PATTERN_CHARACTERS = 1_000
OF_A_RETRY = ("retry_of", "retry_cause", "retry_chosen")


class Parameters(BaseModel):
    """The parameters of the contract, frozen; two requests are the same when these are equal.

    `directories` are `ROOT/relative` paths as shown to people. `nsfw_threshold` is a probability 0..1, `max_files` a
    number of files to process over all resumes. `retry_of` names the session whose failed files are looked at again,
    narrowed by `retry_cause`, and to files that a person chose: `retry_chosen` is a digest of their paths, which stand
    in the log. Nobody can ask for these three but by a retry.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    directories: tuple[str, ...] = Field(min_length=1)
    recursive: bool = True
    pattern: str = "*"
    enable_nsfw_detection: bool = True
    nsfw_threshold: float = Field(default=0.8, ge=0, le=1, allow_inf_nan=False)
    extract_metadata: bool = True
    extract_keywords: bool = True
    import_scores: bool = True
    generate_thumbnails: bool = True
    skip_existing: bool = True
    max_files: int | None = Field(default=None, ge=1)
    workers: int | None = Field(default=None, ge=1, le=64)
    retry_of: str | None = None
    retry_cause: str | None = None
    retry_chosen: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_or_many_directories(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            raise ValueError("the parameters must be a JSON object")  # noqa: TRY004 - pydantic wants a ValueError
        values = dict(values)
        single = values.pop("directory", None)
        if single is None:
            return values
        if values.get("directories"):
            raise ValueError("give either directory or directories, not both")
        return values | {"directories": (single,)}

    @field_validator("pattern")
    @classmethod
    def _pattern_is_sound(cls, pattern: str) -> str:
        if complaint := pattern_complaint(pattern):
            raise ValueError(complaint)
        return pattern

    @cached_property
    def as_json(self) -> Mapping[str, Any]:
        """The parameters for JSON; those of a retry only where it is one."""
        values = self.model_dump(mode="json")
        return values if self.retry_of else {name: values[name] for name in values if name not in OF_A_RETRY}

    @cached_property
    def wanted(self) -> frozenset[Stage]:
        """The stages that this request asks for; a file is always identified."""
        asked = {
            Stage.IDENTIFY: True,
            Stage.METADATA: self.extract_metadata,
            Stage.KEYWORDS: self.extract_keywords,
            Stage.SCORE: self.import_scores,
            Stage.THUMBNAIL: self.generate_thumbnails,
            Stage.NSFW: self.enable_nsfw_detection,
        }
        return frozenset(stage for stage, wanted in asked.items() if wanted)

    def retrying(self, session_id: str, cause: str | None, paths: Iterable[str]) -> "Parameters":
        """The parameters of a retry of failed files of a session that had these; all of them without any path."""
        chosen = sorted(set(paths))
        digest = hashlib.sha256("\0".join(chosen).encode("utf-8", "surrogatepass")).hexdigest() if chosen else None
        retry = {"retry_of": session_id, "retry_cause": cause, "retry_chosen": digest}
        return self.but(**retry, skip_existing=False, pattern="*", max_files=None)

    def but(self, **changes: Any) -> "Parameters":
        """The parameters with some changed; a copy would take along what was derived from the old ones."""
        return Parameters(**{name: getattr(self, name) for name in Parameters.model_fields} | changes)

    def matches(self, name: bytes) -> bool:
        """Whether a file's name matches `pattern`: globs joined by `|`, case-insensitive."""
        return self.pattern == "*" or _compiled(self.pattern).match(shown_name(name)) is not None


def pattern_complaint(pattern: str) -> str | None:
    """What is wrong with a pattern, None where nothing is."""
    if len(pattern) > _MAX_PATTERN_CHARACTERS:
        return f"the pattern is longer than {_MAX_PATTERN_CHARACTERS} characters"
    if clean_text(pattern) != pattern:
        return "the pattern holds characters that no file name can have"
    for glob in pattern.split("|"):
        if not glob.strip():
            return "the pattern has an empty part: write globs joined by |, such as *.png|*.jpg"
        if "/" in glob:
            return "the pattern is matched against file names, so it cannot contain /"
        if re.search(r"\[(?![^\]]+\])", glob):
            return f"the pattern '{glob}' opens a [ that it does not close"
    return None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{translate(glob.strip())})" for glob in pattern.split("|")), re.IGNORECASE)


def parse_parameters(values: Any) -> Parameters:
    """Parameters from JSON or the command line. Raises InvalidRequest that names the field at fault."""
    for name in OF_A_RETRY:
        if isinstance(values, Mapping) and name in values:
            raise InvalidRequest(f"There is no parameter named '{name}'.", field=name, cause="unknown_parameter")
    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        raise _as_invalid_request(error) from None


def _as_invalid_request(error: ValidationError) -> InvalidRequest:
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    field = location[0] if location else None
    if field == "directories" and first["type"] in {"missing", "too_short"}:
        return InvalidRequest("Choose a directory first.", field="directory", cause="no_directory")
    if field == "directories":
        field = "directory"
    if first["type"] == "extra_forbidden":
        return InvalidRequest(f"There is no parameter named '{field}'.", field=field, cause="unknown_parameter")
    if first["type"] in {"string_unicode", "invalid_key"} and field not in Parameters.model_fields:
        return InvalidRequest("The names of parameters must be plain text.", cause="unknown_parameter")
    message = in_words(first)
    sentence = f"{message[0].upper()}{message[1:]}." if first["type"] == "value_error" else f"{field} {message}."
    cause = "bad_pattern" if field == "pattern" else None
    return InvalidRequest(sentence, field=field, cause=cause)
