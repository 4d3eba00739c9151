"""Checks that API Gateway takes the routes: methods, paths, variables, bodies, timeouts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provision.config.problems import Problem, suggest
from provision.config.yaml.nodes import YamlEntry, YamlNode

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
WITH_BODY = ("POST", "PUT", "PATCH")
MOST_ROUTES = 2_000
"""The most routes: the preflight rehearses each of them, method by method.

AWS's own limit is 300 resources, and can be raised.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
"""
MOST_PARTS = 2_000
"""The most parts of paths, each counted once: each is a resource of the API.

A single path can have hundreds of thousands in a file of 1 MB.
"""
LONGEST_CALL = 29
"""The seconds that API Gateway waits for a function."""
LONGEST_FUNCTION = 900

PLAIN_PART = r"[A-Za-z0-9._:-]+"
VARIABLE_PART = r"\{[A-Za-z_][A-Za-z0-9._-]*\}"
GREEDY_PART = r"\{[A-Za-z_][A-Za-z0-9._-]*\+\}"


def check_routes(tree: YamlNode) -> Iterator[Problem]:
    variables: dict[str, str] = {}
    routes = list(tree.children("api", "routes"))
    if len(routes) > MOST_ROUTES:
        said = f"{len(routes):,} routes, and a stack has at most {MOST_ROUTES:,}"
        yield routes[MOST_ROUTES][1].problem(said, "make two stacks of it")
        return
    if entry := _too_many_parts(routes):
        said = f"more than {MOST_PARTS:,} parts of paths, and a stack has at most as many"
        yield entry.problem(said, "make two stacks of it")
        return
    for key, entry in routes:
        method, _, path = key.partition(" ")
        problem = _method(entry, key, method) or _path(entry, method, path)
        problem = problem or _second_variable(entry, path, variables) or _body(entry, method)
        problem = problem or _unlimited(entry)
        if problem:
            yield problem
    yield from _timeouts(tree)
    yield from _binary_documents(tree)


def _too_many_parts(routes: Sequence[tuple[str, YamlEntry]]) -> YamlEntry | None:
    """Return the route that exceeds `MOST_PARTS`, or None."""
    met: set[str] = set()
    for key, entry in routes:
        path = key.partition(" ")[2]
        for end in _ends(path):
            met.add(path[:end])
            if len(met) > MOST_PARTS:
                return entry
    return None


def _ends(path: str) -> Iterator[int]:
    """Yield the positions at which the parts of a path end."""
    end = path.find("/", 1)
    while end > 0:
        yield end
        end = path.find("/", end + 1)
    yield len(path)


def _method(entry: YamlEntry, key: str, method: str) -> Problem | None:
    path = key.partition(" ")[2].strip()
    if method in METHODS and key == f"{method} {path}":
        return None
    if method == "OPTIONS":
        return entry.problem(
            "OPTIONS answers the questions of browsers about CORS", "set api.cors instead"
        )
    if method == "ANY":
        return entry.problem(
            "ANY would include OPTIONS, and methods that you did not intend",
            f"write a line for each method: {', '.join(METHODS)}",
        )
    if method.upper() in METHODS and path:
        return entry.problem(
            f'"{key}" is no route: a method in capitals, one space, and a path',
            f'write "{method.upper()} {path}"',
        )
    if path.startswith("/"):
        return entry.problem(
            f'"{method}" is no method of these: {", ".join(METHODS)}', suggest(method, METHODS)
        )
    return entry.problem(
        f'"{key}" is no route: expected a method, one space and a path', 'such as "GET /items"'
    )


def _path(entry: YamlEntry, method: str, path: str) -> Problem | None:
    if not path.startswith("/"):
        return entry.problem(
            f'the path "{path}" does not begin with a slash', f'write "{method} /{path}"'
        )
    if path == "/":
        return None
    if path.endswith("/"):
        return entry.problem(
            "the path ends in a slash", f'write "{method} {path.rstrip("/") or "/"}"'
        )
    parts = path[1:].split("/")
    for at, part in enumerate(parts):
        if re.fullmatch(GREEDY_PART, part):
            if at < len(parts) - 1:
                return entry.problem(
                    f"{part} matches the whole rest, so nothing can follow it",
                    f'write "{part.replace("+", "")}", or end the path there',
                )
        elif not part:
            return entry.problem("two slashes in a row", "remove one")
        elif not re.fullmatch(f"{PLAIN_PART}|{VARIABLE_PART}", part):
            return entry.problem(
                f'API Gateway does not take "{part}" as a part of a path',
                "use letters, digits and . _ - : or a {variable}",
            )
    names = [part.strip("{+}") for part in parts if part.startswith("{")]
    met: set[str] = set()
    for name in names:
        if name in met:
            return entry.problem(f"{{{name}}} is twice in the path", "rename one of the two")
        met.add(name)
    return None


def _second_variable(entry: YamlEntry, path: str, variables: dict[str, str]) -> Problem | None:
    """Refuse a second variable: API Gateway takes one below the same part, under one name (A9)."""
    for end in _ends(path):
        above, _, part = path[:end].rpartition("/")
        if part.startswith("{"):
            first = variables.setdefault(above, part)
            if first != part:
                above = above or "/"
                return entry.problem(
                    f"below {above} this route has {part} and another has {first}; API Gateway"
                    " allows one variable there",
                    f"write {first}",
                )
    return None


def _body(entry: YamlEntry, method: str) -> Problem | None:
    body = entry.node.get("body")
    if body is None or body.value is None or method in WITH_BODY:
        return None
    return body.problem(f"a {method} request has no body to check", "remove it")


def _unlimited(entry: YamlEntry) -> Problem | None:
    """Refuse a route without key and limit: usage plans count the requests of keys alone."""
    key, throttle = entry.node.get("key"), entry.node.get("throttle")
    if key is None or key.value is not False or (throttle and throttle.value is not None):
        return None
    how = "needs no key" if entry.node.string("auth") else "is public"
    return key.problem(
        f"the route {how}, and no usage plan limits callers without a key",
        "add throttle: {rate: 50, burst: 100}, or as many requests a second as it should answer",
    )


def _binary_documents(tree: YamlNode) -> Iterator[Problem]:
    """Refuse JSON among the binary types where bodies are checked.

    A binary body arrives encoded, and AWS does not document whether its model is checked (A46).
    """
    checked = [key for key, route in tree.children("api", "routes") if route.node.string("body")]
    kinds = tree.get("api", "binary")
    for kind in kinds.elements if kinds and checked else ():
        if kind.value in _JSON_TYPES:
            yield kind.problem(
                f"{kind.value} makes JSON binary too, and the body of {checked[0]} is JSON that its"
                " model checks",
                "name the other types one by one, or make an API of its own for the files",
            )


_JSON_TYPES = ("*/*", "application/*", "application/json")


def _timeouts(tree: YamlNode) -> Iterator[Problem]:
    routed = {
        (route.node.get("function") or route.node).value: key
        for key, route in reversed(list(tree.children("api", "routes")))
        if not isinstance((route.node.get("function") or route.node).value, (dict, list))
    }
    for name, function in tree.children("functions"):
        timeout = function.node.number("timeout")
        if timeout and LONGEST_FUNCTION >= timeout > LONGEST_CALL and name in routed:
            yield function.node.entries["timeout"].node.problem(
                f'{timeout} seconds, but "{routed[name]}" leads here and API Gateway waits '
                f"{LONGEST_CALL}",
                f"write {LONGEST_CALL} or less",
            )
