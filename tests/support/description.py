"""Answers are held to the description of HTTP: each status is promised there, and each body has the promised shape."""

import re
from functools import cache

import jsonschema_rs

from app.web.app import ROUTERS
from app.web.description import describe


@cache
def document():
    """The description of HTTP."""
    return describe(ROUTERS)


@cache
def _operations():
    return [
        (method.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operation)
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
    ]


@cache
def _validator(name):
    return jsonschema_rs.validator_for({"$ref": name, "components": document()["components"]})


def hold_to_description(answer):
    """Fails where an answer of a described endpoint is not as it was promised; for an event hook of a client."""
    method, path = answer.request.method, answer.request.url.path
    operation = next((each for verb, form, each in _operations() if verb == method and form.fullmatch(path)), None)
    if operation is None:
        return
    promised = operation["responses"].get(str(answer.status_code))
    assert promised is not None, f"{method} {path} does not promise {answer.status_code}"
    kind = answer.headers.get("content-type", "").partition(";")[0]
    if kind not in ("application/json", "application/problem+json"):
        return
    schema = promised["content"][kind]["schema"]
    body = answer.read()
    faults = []
    for alternative in schema.get("anyOf", [schema]):
        if "$ref" not in alternative:
            return
        faults = [error.message for error in _validator(alternative["$ref"]).iter_errors(answer.json())]
        if not faults:
            break
    assert not faults, f"{method} {path}: {faults[:3]} in {body[:300]!r}"
    if kind == "application/problem+json":
        assert f"`{answer.json()['cause']}`" in promised["description"], f"{method} {path}: {body!r} is not promised"
