"""What a session is asked to do: the parameters of plan and process, checked and resolved."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from fnmatch import translate
from functools import cached_property, lru_cache
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.errors import InvalidRequest, in_words
from app.media import NSFW_THRESHOLD, Stage
from app.texts import clean_text, shown_name

_MAX_PATTERN_CHARACTERS = 1_000
_OF_LATER_PROGRAMS = ("read_barcodes", "detect_objects", "describe", "q")


def _with_one_directory(schema: dict[str, Any]) -> None:
    """Describes `directory`, which is taken in the place of `directories`."""
    one = {"type": "string", "description": "One folder, as `ROOT/relative` or absolute inside a root."}
    schema["properties"] = {"directory": one, **schema["properties"]}
    schema["required"] = [name for name in schema["required"] if name != "directories"]
    schema["anyOf"] = [{"required": ["directory"]}, {"required": ["directories"]}]


class DescribeRequest(BaseModel):
    """Who is to describe the pictures of a session, by what template, and for how much."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    template: str = Field(min_length=1, max_length=64)
    """The template that says what is asked: one of `GET /api/describe/templates`."""
    provider: str = Field(default="default", min_length=1, max_length=64)
    """The provider that is asked; `default` is that of `INGEST_DESCRIBE_*`."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """The model that describes; null: the provider's."""
    budget_usd: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False, strict=True)
    """What the session may cost at most, in USD; null: no limit. No request is sent that could exceed it."""
    commit: Literal["proposals", "direct"] = "proposals"
    """`proposals` wait for a person; `direct` writes titles, captions and keywords, where no person has said other."""
    include_nsfw: bool = False
    """Send pictures that are NSFW, or of which that is not known, to a provider that is not on this machine."""
    write: tuple[Literal["json", "docx"], ...] = ()
    """Files that are written of each picture while the session runs, into `INGEST_DESCRIBE_DIR`."""

    @field_validator("write")
    @classmethod
    def _formats_once_in_one_order(cls, write: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted(set(write)))  # two requests for the same files are the same


class SessionRequest(BaseModel):
    """What a person or a program can ask of a session.

    Two requests are the same when all of these are equal after defaults and resolved paths.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, json_schema_extra=_with_one_directory
    )

    q: str | None = Field(default=None, min_length=1, max_length=4_000)
    """Instead of folders: the files of the library that this search finds."""
    directories: tuple[str, ...]
    """Several folders; files in overlapping ones count once."""
    recursive: bool = True
    """Take the folders inside, too."""
    pattern: str = "*"
    """Globs joined by a bar, case-insensitive, against file names: `*.png|*.jpg`."""
    min_bytes: int | None = Field(default=None, ge=0)
    """Only files of at least so many bytes; null: however small."""
    max_bytes: int | None = Field(default=None, ge=0)
    """Only files of at most so many bytes; null: however large."""
    enable_nsfw_detection: bool = True
    """Ask for the stage `nsfw`."""
    nsfw_threshold: float = Field(default=NSFW_THRESHOLD, ge=0, le=1, allow_inf_nan=False)
    """From this probability a file counts as NSFW. A session that gives one sets the library's, one that gives none
    records the library's. The label is derived when it is read."""
    extract_metadata: bool = True
    """Ask for the stage `metadata`."""
    extract_keywords: bool = True
    """Ask for the stage `keywords`."""
    import_scores: bool = True
    """Ask for the stage `score`."""
    generate_thumbnails: bool = True
    """Ask for the stage `thumbnail`."""
    read_barcodes: bool = False
    """Ask for the stage `barcodes`."""
    detect_objects: bool = False
    """Ask for the stage `detect`: what the model of `INGEST_DETECTOR_MODEL` finds."""
    describe: DescribeRequest | None = None
    """Ask for the stage `describe`: a vision model says what the pictures show. Null: nobody is asked."""
    skip_existing: bool = True
    """False: files that are fresh or failed before run again, every stage."""
    max_files: int | None = Field(default=None, ge=1)
    """At most so many files to process, in path order, over all resumes; null: all."""
    workers: int | None = Field(default=None, ge=1, le=64)
    """Analysis processes for this session; null: `INGEST_WORKERS`."""

    @model_validator(mode="before")
    @classmethod
    def _one_or_many_directories(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            raise ValueError("the parameters must be a JSON object")  # noqa: TRY004 - pydantic wants a ValueError
        values = dict(values)
        single = values.pop("directory", None)
        if values.get("q") is not None:
            if single is not None or values.get("directories"):
                raise ValueError("give either a directory or q, not both")
            return values | {"directories": ()}
        if single is None:
            return values
        if values.get("directories"):
            raise ValueError("give either directory or directories, not both")
        return values | {"directories": (single,)}

    @field_validator("directories")
    @classmethod
    def _something_is_asked_of(cls, directories: tuple[str, ...], asked: ValidationInfo) -> tuple[str, ...]:
        if not directories and not asked.data.get("q"):
            raise ValueError("choose a directory first")
        return directories

    @field_validator("q")
    @classmethod
    def _search_says_something(cls, q: str | None) -> str | None:
        if q is not None and not q.strip():
            raise ValueError("write what to search for: kind:image finds every picture")
        return q

    @field_validator("min_bytes", "max_bytes", "nsfw_threshold", "max_files", "workers", mode="before")
    @classmethod
    def _number_is_one(cls, value: Any) -> Any:
        return str(value) if isinstance(value, bool) else value  # Python takes true for 1, but no text for a number

    @field_validator("pattern")
    @classmethod
    def _pattern_is_sound(cls, pattern: str) -> str:
        if complaint := pattern_complaint(pattern):
            raise ValueError(complaint)
        return pattern

    @field_validator("max_bytes")
    @classmethod
    def _some_size_is_left(cls, max_bytes: int | None, asked: ValidationInfo) -> int | None:
        min_bytes = asked.data.get("min_bytes")
        if max_bytes is not None and min_bytes is not None and max_bytes < min_bytes:
            raise ValueError(f"no file has at least {min_bytes} and at most {max_bytes} bytes")
        return max_bytes


class Parameters(SessionRequest):
    """The parameters of a session: what was asked for, and of a retry what it looks at again. Nobody can send those."""

    model_config = ConfigDict(json_schema_extra=None)

    retry_of: str | None = None
    """The session whose failed files are looked at again."""
    retry_cause: str | None = None
    """The cause that they are narrowed to."""
    retry_chosen: str | None = None
    """The digest of the paths that a person chose, which stand in the log."""

    @property
    def walks(self) -> bool:
        """Whether it is about all files of its folders: a retry and a search are about files that are named."""
        return self.retry_of is None and self.q is None

    @cached_property
    def as_json(self) -> Mapping[str, Any]:
        """The parameters for JSON; those of a retry only where it is one."""
        values = self.model_dump(mode="json")
        return values if self.retry_of else {name: values[name] for name in values if name not in OF_A_RETRY}

    @cached_property
    def as_kept(self) -> Mapping[str, Any]:
        """The parameters as they are kept: without what older programs do not know and nobody asked for.

        Those refuse a session with a parameter that they do not know.
        """
        return {name: value for name, value in self.as_json.items() if value or name not in _OF_LATER_PROGRAMS}

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
            Stage.BARCODES: self.read_barcodes,
            Stage.DETECT: self.detect_objects,
            Stage.DESCRIBE: self.describe is not None,
        }
        return frozenset(stage for stage, wanted in asked.items() if wanted)

    def retrying(self, session_id: str, cause: str | None, paths: Iterable[str]) -> "Parameters":
        """The parameters of a retry of failed files of a session that had these; all of them without any path."""
        chosen = sorted(set(paths))
        digest = hashlib.sha256("\0".join(chosen).encode("utf-8", "surrogatepass")).hexdigest() if chosen else None
        retry = {"retry_of": session_id, "retry_cause": cause, "retry_chosen": digest}
        return self.but(**retry, skip_existing=False, pattern="*", min_bytes=None, max_bytes=None, max_files=None)

    def but(self, **changes: Any) -> "Parameters":
        """The parameters with some changed; a copy would take along what was derived from the old ones."""
        return Parameters(**{name: getattr(self, name) for name in Parameters.model_fields} | changes)

    def takes(self, name: bytes, size: int) -> bool:
        """Whether they ask for a file of this name and size in bytes."""
        return self.why_not(name, size) is None

    def why_not(self, name: bytes, size: int) -> str | None:
        """Why they do not ask for a file of this name and size in bytes, to stand after "because"; None if they do.

        `pattern` are globs joined by `|`, case-insensitive.
        """
        if self.pattern != "*" and _compiled(self.pattern).match(shown_name(name)) is None:
            return f"its name does not match the pattern '{self.pattern}'"
        if self.min_bytes is not None and size < self.min_bytes:
            return f"its {size:,} bytes are fewer than the {self.min_bytes:,} (min_bytes)"
        if self.max_bytes is not None and size > self.max_bytes:
            return f"its {size:,} bytes are more than the {self.max_bytes:,} (max_bytes)"
        return None


_NAMES = (*Parameters.model_fields, "directory")
OF_A_RETRY = tuple(name for name in Parameters.model_fields if name not in SessionRequest.model_fields)


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
    field = ".".join(location) if location[:1] == ["describe"] else location[0] if location else None
    if field == "directories" and first["type"] in {"missing", "value_error"}:
        return InvalidRequest("Choose a directory first.", field="directory", cause="no_directory")
    if field == "directories":
        field = "directory"
    if first["type"] == "extra_forbidden":
        return InvalidRequest(f"There is no parameter named '{field}'.", field=field, cause="unknown_parameter")
    if first["type"] in {"string_unicode", "invalid_key"} and location[:1] not in [[name] for name in _NAMES]:
        return InvalidRequest("The names of parameters must be plain text.", cause="unknown_parameter")
    message = in_words(first)
    sentence = f"{message[0].upper()}{message[1:]}." if first["type"] == "value_error" else f"{field} {message}."
    cause = "bad_pattern" if field == "pattern" else None
    return InvalidRequest(sentence, field=field, cause=cause)
