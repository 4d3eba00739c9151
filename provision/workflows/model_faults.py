"""Finds what a model of config.yaml refuses in a body, as API Gateway's validator does (draft 4).

A rule that cannot be evaluated refuses nothing: the fault is a warning, and API Gateway decides.
https://json-schema.org/draft-04/schema
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from jsonschema import Draft4Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

_LONGEST: Final = 60


def model_fault(schema: Mapping[str, Any], value: object) -> str:
    """Return a fault with its place in the body, such as `name: is missing`, or ""."""
    # The empty registry fetches nothing: without one, jsonschema opens the address in a "$ref".
    validator = Draft4Validator(schema, registry=Registry())
    try:
        fault = best_match(validator.iter_errors(value))
    except (re.error, Unresolvable, RecursionError):
        return ""
    return _text(fault) if fault else ""


def _text(fault: ValidationError) -> str:
    place = fault.json_path.removeprefix("$").removeprefix(".")
    name = str(fault.validator)
    rule, body = cast("Any", fault.validator_value), cast("Any", fault.instance)
    if name == "required":
        missing = next(each for each in rule if each not in body)
        return f"{place}{'.' if place else ''}{missing}: is missing"
    if name == "additionalProperties" and rule is False:
        known = cast("dict[str, Any]", fault.schema).get("properties", {})
        unknown = ", ".join(each for each in body if each not in known)
        return f"{place or 'the body'}: the model has no {_cut(unknown)}"
    return f'{place or "the body"}: breaks "{name}": {_cut(json.dumps(rule))}'


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
