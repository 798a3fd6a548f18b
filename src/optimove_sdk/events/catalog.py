"""The events and parameters that are configured in your Optimove instance.

Optimove takes an event whose name or parameters are wrong, and tells only in its Events Log. A catalog makes
such an event fail where it is made: in the developer's test.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, get_args

import attrs

from ..errors import ConfigurationError, InvalidInput
from .event import Event

ParameterType: TypeAlias = Literal["string", "number", "boolean"]

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
}


@attrs.frozen
class EventDefinition:
    """A configured event: its parameters with their types, and which of them must be there."""

    parameters: Mapping[str, ParameterType] = attrs.field(factory=dict)
    required: frozenset[str] = attrs.field(default=frozenset(), converter=frozenset)

    def __attrs_post_init__(self) -> None:
        for name, kind in self.parameters.items():
            if kind not in get_args(ParameterType):
                raise ConfigurationError(
                    f"parameter {name!r} must be a string, number or boolean, not {kind!r}"
                )
        for name in self.required - self.parameters.keys():
            raise ConfigurationError(f"required parameter {name!r} is not among the parameters")


@attrs.frozen
class EventCatalog:
    """Configured events by name. Names are case sensitive, as they are in Optimove."""

    events: Mapping[str, EventDefinition]

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> EventCatalog:
        """Read a catalog from a file.

        ::

            [newsletter_signup]
            required = ["email"]

            [newsletter_signup.parameters]
            email = "string"
            opt_in = "boolean"
        """
        try:
            tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
            return cls({name: EventDefinition(**table) for name, table in tables.items()})
        except ConfigurationError as error:
            raise ConfigurationError(f"the catalog {str(path)!r}: {error}") from None
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the catalog {str(path)!r} cannot be read: {error}") from None
        except TypeError:
            raise ConfigurationError(
                f"the catalog {str(path)!r}: an event is a table with parameters and required"
            ) from None

    def check(self, event: Event) -> Event:
        """Return the event if it is configured just so; else raise `InvalidInput`, naming the difference."""
        definition = self.events.get(event.event)
        if definition is None:
            raise InvalidInput(
                f"event {event.event!r} is not configured{_did_you_mean(event.event, self.events)}"
            )
        for name, value in event.context.items():
            _check_parameter(definition, name, value)
        missing = sorted(definition.required - event.context.keys())
        if missing:
            raise InvalidInput(f"event {event.event!r} needs {', '.join(missing)} in its context")
        return event

    def event(self, event: str, **fields: Any) -> Event:
        """Make an event and check it; ``fields`` are those of `Event`."""
        return self.check(Event(event=event, **fields))


def _check_parameter(definition: EventDefinition, name: str, value: Any) -> None:
    kind = definition.parameters.get(name)
    if kind is None:
        known = definition.parameters
        raise InvalidInput(f"context: parameter {name!r} is not configured{_did_you_mean(name, known)}")
    if not isinstance(value, _TYPES[kind]) or (kind == "number" and isinstance(value, bool)):
        raise InvalidInput(f"context[{name!r}] is a {type(value).__name__}; it is configured as a {kind}")


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close: Collection[str] = difflib.get_close_matches(name, list(known), n=1)
    return f": did you mean {next(iter(close))!r}?" if close else ""
