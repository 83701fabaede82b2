"""How the shapes of answers are declared: TypedDicts whose fields are described by the text that stands below each.

A shape stands beside the function that makes such a value, so that mypy holds the two together. HTTP's description is
derived from it; nothing is checked or copied when an answer is sent.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, GetCoreSchemaHandler, with_config

described = with_config(ConfigDict(use_attribute_docstrings=True))
"""Decorates a TypedDict whose fields have a docstring each."""


@dataclass(frozen=True, slots=True)
class ShapedAs:
    """Annotates a mapping that is made from a model: it is described as that model is."""

    model: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        """The model's schema in the place of the mapping's."""
        del source
        return handler.generate_schema(self.model)
