"""Builds the policies of endpoints: what functions in the network may do, by this account alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from provision import config
from provision.aws.access import Location
from provision.config.schema.policies import filled_in
from provision.model.step import Document
from provision.stack import grants
from provision.stack.inputs import StackInputs
from provision.steps.iam_policy import canonical

_NOTHING_PASSES: Final[Document] = {
    "Sid": "NothingPasses",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["*"],
    "Resource": ["*"],
}
"""The statement of a policy that allows nothing: a policy has at least one statement."""


def passing(where: Location, statements: Sequence[Document]) -> Document:
    """Return the policy that lets exactly this pass, by this account's principals, or nothing."""
    ours = {"StringEquals": {"aws:PrincipalAccount": where.account}}
    let_in = [{**each, "Principal": "*", "Condition": ours} for each in statements]
    return canonical({"Version": "2012-10-17", "Statement": let_in or [_NOTHING_PASSES]})


def tables_policy(inputs: StackInputs) -> Document:
    """Return the policy of the endpoint to DynamoDB."""
    config = inputs.config
    functions = config.private_functions.values()
    granted = [
        grants.GrantedTable(
            inputs.location.arn("dynamodb", f"table/{inputs.aws_name('table', key)}"),
            "write" if "write" in wanted else "read",
            sort_key=table.sort_key is not None,
        )
        for key, table in config.tables.items()
        if (wanted := {each.tables[key] for each in functions if key in each.tables})
    ]
    statements = [*grants.endpoint_tables(granted), *_own(inputs, "dynamodb")]
    return passing(inputs.location, statements)


def store_policy(inputs: StackInputs, store: str, kept: Sequence[config.Secret]) -> Document:
    """Return the policy of the endpoint to a service that keeps secrets.

    Functions' own statements count only if config.yaml asks for the endpoint itself.
    """
    asked = store in inputs.config.network.endpoints
    statements = [
        *grants.endpoint_secrets(inputs.location, kept),
        *(_own(inputs, store) if asked else ()),
    ]
    return passing(inputs.location, statements)


def own_policy(inputs: StackInputs, service: str) -> Document:
    """Return the policy of the endpoint to a service, named as in actions."""
    return passing(inputs.location, _own(inputs, service))


def _own(inputs: StackInputs, service: str) -> list[Document]:
    """Return what functions' own statements allow of a service, each once.

    Their conditions are left to the roles' policies, which have to allow each request as well.
    """
    found: list[Document] = []
    for function in inputs.config.private_functions.values():
        for each in function.policy:
            actions = [one for one in each.actions if one.lower().startswith(f"{service}:")]
            resources = [filled_in(one, inputs.placeholders) for one in each.resources]
            statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
            if actions and statement not in found:
                found.append(statement)
    return [{**each, "Sid": f"OwnStatement{number}"} for number, each in enumerate(found, start=1)]
