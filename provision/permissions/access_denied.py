"""Explains a call that AWS denied: the missing action, and the statement that allows it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import Final

from botocore.exceptions import ClientError

from provision.errors import NotPermitted
from provision.model.iam import ANY_RESOURCE
from provision.model.step import Document
from provision.permissions.policies import statement, statements
from provision.permissions.requirements import Asked

_NAMED: Final = re.compile(
    r"not authorized to perform: (?P<action>[a-z0-9-]+:\w+)"
    r"(?: on resource: (?P<resource>[^\s,]+))?",
    re.IGNORECASE,
)
"""The form in which most services name the action they deny. Some spell it in another case
(sqs:createqueue, SNS:CreateTopic)."""
_FORBIDDEN: Final = re.compile(r"with an explicit deny in an? (?P<policy>[\w -]+)", re.IGNORECASE)
"""The text of an explicit deny, against which no statement that allows helps."""


def refusal(error: ClientError, asked: Iterable[Asked] = ()) -> NotPermitted:
    """Return the error for a denied call.

    `asked` has every permission that the caller may need. Without it, the error names only the
    action in AWS's message.
    """
    call = error.operation_name
    text = str(error.response.get("Error", {}).get("Message", ""))
    if forbidden := _FORBIDDEN.search(text):
        policy = forbidden["policy"].strip()
        return NotPermitted(
            f"{call} is forbidden: {text}",
            hint=f"a Deny statement in a {policy} overrides every grant: ask the owner of that"
            " policy",
        )
    missing = missing_statements(call, text, list(asked))
    if not missing:
        return NotPermitted(
            f"{call} was denied: {text}",
            hint=f"allow the action behind {call} for these credentials;"
            " `provision policy deployer` prints all that is needed",
        )
    actions = sorted({action for each in missing for action in _listed(each["Action"])})
    return NotPermitted(
        f"{', '.join(actions)} is missing: {call} was denied: {text}",
        hint=f"add {'; '.join(json.dumps(each) for each in missing)} to the policy of the user or"
        " role that runs this; `provision policy deployer` prints all that is needed",
    )


def missing_statements(call: str, text: str, asked: Collection[Asked]) -> list[Document]:
    """Return the statements that the call needs, only for the action that AWS names if any."""
    of_call = [each for each in asked if each.operation.endswith(f".{call}")]
    named = _NAMED.search(text)
    if named is None:
        return statements(of_call)
    exact = [each for each in of_call if each.action.lower() == named["action"].lower()]
    return statements(exact) or [
        statement([named["action"]], [named["resource"] or ANY_RESOURCE], ())
    ]


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
