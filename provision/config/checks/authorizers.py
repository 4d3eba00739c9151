"""Checks of `api.authorizers`, and of the routes that name one."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provision.config.problems import Problem, listed, suggest
from provision.config.schema.authorizers import Authorizer
from provision.config.yaml.nodes import YamlNode

KINDS = ("cognito", "function", "iam")
MOST = 10
"""The most authorizers of an API, unless AWS raises it.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""
_SIGNED = ("Authorization", "X-Amz-Date")
"""The headers of a signed request."""


def check_authorizers(tree: YamlNode) -> Iterator[Problem]:
    defined = dict(tree.children("api", "authorizers"))
    for number, entry in enumerate(defined.values()):
        if number == MOST:
            yield entry.problem(f"an API may have {MOST} authorizers at most", "share some")
        yield from _kind(entry.node)
        yield from _function(tree, entry.node)
    for _, route in tree.children("api", "routes"):
        auth = route.node.get("auth")
        name = auth.value if auth else None
        if auth and isinstance(name, str) and name not in defined:
            yield auth.problem(
                f'there is no authorizer "{name}"', suggest(name, defined) or _known(defined)
            )
        elif scopes := route.node.get("scopes"):
            yield from _scopes(scopes, defined[name].node if isinstance(name, str) else None)
    yield from _unsendable(tree)


def _given(authorizer: YamlNode) -> list[str]:
    if authorizer.value == KINDS[2]:
        return [KINDS[2]]
    found = ((key, authorizer.get(key)) for key in KINDS)
    return [key for key, node in found if node and node.value not in (None, False)]


def _kind(authorizer: YamlNode) -> Iterator[Problem]:
    kinds = _given(authorizer)
    if len(kinds) != 1 and isinstance(authorizer.value, dict):
        found = f"found {listed(kinds)}" if kinds else "found none"
        yield authorizer.problem(
            f"expected one of {listed(KINDS)}, {found}",
            "make an authorizer of each" if kinds else "write cognito: [ARN of a user pool]",
        )
        return
    if kinds == ["iam"]:
        yield from _unused(authorizer, "header", "signed requests have their own headers")
    if kinds != ["function"]:
        yield from _unused(authorizer, "cache", "only the answers of a function are kept")


def _unused(authorizer: YamlNode, key: str, why: str) -> Iterator[Problem]:
    """Refuse a value that has no effect, unless it is the default, which every authorizer has."""
    node = authorizer.get(key)
    if node and node.value != Authorizer.model_fields[key].default:
        yield node.problem(why, "remove it")


def _function(tree: YamlNode, authorizer: YamlNode) -> Iterator[Problem]:
    name, functions = authorizer.get("function"), dict(tree.children("functions"))
    if name and isinstance(name.value, str) and functions and name.value not in functions:
        yield name.problem(
            f'there is no function "{name.value}"',
            suggest(name.value, functions) or f"functions has: {listed(tuple(functions))}",
        )


def _known(defined: Collection[str]) -> str:
    names = tuple(defined)
    return f"api.authorizers has: {listed(names)}" if names else "add it to api.authorizers"


def _scopes(scopes: YamlNode, authorizer: YamlNode | None) -> Iterator[Problem]:
    if not scopes.elements:
        return
    if authorizer is None or _given(authorizer) != ["cognito"]:
        yield scopes.problem(
            "scopes are asked of tokens of Cognito, and auth names no such authorizer",
            "name one, or remove the scopes",
        )


def _unsendable(tree: YamlNode) -> Iterator[Problem]:
    """Refuse CORS that keeps pages from sending what an authorizer of a route reads."""
    allowed = tree.get("api", "cors", "headers")
    if allowed is None:
        return  # the default has all of them
    names = {str(each.value).lower() for each in allowed.elements}
    used = {route.node.string("auth") for _, route in tree.children("api", "routes")}
    for name, entry in tree.children("api", "authorizers"):
        signed = _given(entry.node) == ["iam"]
        needed = _SIGNED if signed else (entry.node.string("header") or _SIGNED[0],)
        lacking = [each for each in needed if name in used and each.lower() not in names]
        # `*` does not include Authorization: https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
        if lacking and ("*" not in names or lacking[0] == _SIGNED[0]):
            yield allowed.problem(
                f"{lacking[0]} is not among the headers, so no page could send what {name} asks",
                f"add {lacking[0]}",
            )
            return
