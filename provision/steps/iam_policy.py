"""Policies in one canonical form, so that wanted and observed ones can be compared as values.

AWS reorders a policy, collapses lists of one and rewrites principals, so both sides pass through
`canonical` (I6, N3).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from provision.model.step import Document
from provision.unknown import is_known

VERSION: Final = "2012-10-17"
_VERSION_WHEN_ABSENT: Final = "2008-10-17"
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")
_ROOT: Final = re.compile(r"arn:[^:]+:iam::(\d{12}):root")


def canonical(document: Mapping[str, Any]) -> Document:
    """Return the same policy with lists wherever a list is allowed, sorted and without duplicates.

    Lists with unknown parts are left as they are; `up` sorts them once their values are known.
    """
    statements = document.get("Statement", [])
    listed = [statements] if isinstance(statements, Mapping) else statements
    return {
        **document,
        "Version": document.get("Version", _VERSION_WHEN_ABSENT),
        "Statement": _ordered([_statement(statement) for statement in listed]),
    }


def as_text(document: Mapping[str, Any]) -> str:
    """Return the policy as JSON for AWS's calls: equal policies give equal text."""
    return json.dumps(canonical(document), sort_keys=True, separators=(",", ":"))


def from_text(text: str) -> Document:
    """Return the canonical form of a policy that AWS shows as JSON text."""
    return canonical(json.loads(text))


def from_answer(shown: object) -> Document:
    """Return the canonical form of a policy in an answer: text, or already parsed by boto3 (I6)."""
    match shown:
        case str():
            return from_text(shown)
        case Mapping():
            return canonical(shown)
    raise TypeError(f"no policy: {shown!r}")


def with_rights_of(wanted: Document, found: Document) -> Document:
    """Return `wanted` with everything that `found` allows, and with no denial that `found` lacks.

    Both must be in canonical form.
    """
    new, old = wanted["Statement"], found.get("Statement", [])
    denied = [each for each in new if each["Effect"] == "Deny"]
    allowed = [each for each in new if each["Effect"] == "Allow"]
    more = [
        {key: value for key, value in each.items() if key != "Sid"}  # AWS refuses a repeated Sid
        for each in old
        if each["Effect"] == "Allow" and not any(_covers(wide, each) for wide in allowed)
    ]
    kept = [each for each in denied if each in old]
    return canonical({**wanted, "Statement": [*allowed, *more, *kept]})


def _covers(wide: Document, narrow: Document) -> bool:
    """Return whether `wide` allows all that `narrow` does, comparing literal list entries only."""
    listed = {"Action", "Resource"}
    alike = {key: value for key, value in wide.items() if key not in {*listed, "Sid"}} == {
        key: value for key, value in narrow.items() if key not in {*listed, "Sid"}
    }
    return alike and all(set(narrow.get(key, ())) <= set(wide.get(key, ())) for key in listed)


def trust(service: str) -> Document:
    """Return the trust policy with which a service (`lambda.amazonaws.com`) may assume the role."""
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
    }
    return canonical({"Version": VERSION, "Statement": [statement]})


def _statement(statement: Mapping[str, Any]) -> Document:
    result: Document = {
        key: value for key, value in sorted(statement.items()) if not (key == "Sid" and value == "")
    }
    for key in _LISTS:
        if key in result:
            result[key] = _values(result[key])
    for key in ("Principal", "NotPrincipal"):
        if key in result:
            result[key] = _principal(result[key])
    if "Condition" in result:
        result["Condition"] = {
            operator: {name: _values(value) for name, value in sorted(tests.items())}
            for operator, tests in sorted(result["Condition"].items())
        }
    return result


def _principal(principal: str | Mapping[str, Any]) -> Document:
    """Return one spelling of a principal.

    `*` and an account's root each have two, and AWS answers with either (I6).
    """
    named = {"AWS": principal} if isinstance(principal, str) else principal
    return {
        kind: _values(value, account_roots=kind == "AWS") for kind, value in sorted(named.items())
    }


def _values(value: object, *, account_roots: bool = False) -> list[Any]:
    many = isinstance(value, Sequence) and not isinstance(value, str)
    parts = list(value) if isinstance(value, Sequence) and many else [value]
    if not is_known(parts):
        return parts
    texts = [_text(part) for part in parts]
    if account_roots:
        texts = [_ROOT.sub(r"\1", text) for text in texts]
    return sorted(set(texts))


def _text(value: object) -> str:
    """Return the value as AWS keeps it: a condition's booleans and numbers become text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _ordered(statements: list[Document]) -> list[Document]:
    if not is_known(statements):
        return statements
    return sorted(statements, key=lambda statement: json.dumps(statement, sort_keys=True))
