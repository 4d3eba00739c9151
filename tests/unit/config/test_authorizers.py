"""Rules between authorizers, the routes that name them, and CORS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.sample import SAMPLE, changed, furnish, line_of, problems_of

USERS = 'users: {cognito: ["arn:aws:cognito-idp:us-east-1:012345678901:userpool/us-east-1_a"]}'


def authorized(route: str, authorizers: str, headers: str = "X-Api-Key, Authorization") -> str:
    """Return the sample with one authorized route."""
    text = changed("GET /items: items", f"GET /items: {{function: items, {route}}}")
    text = changed("  models:", f"  authorizers: {{{authorizers}}}\n  models:", text)
    return changed("headers: [X-Api-Key]", f"headers: [{headers}]", text)


@pytest.mark.parametrize(
    ("route", "authorizers", "headers"),
    [
        ("auth: users", USERS, "X-Api-Key, Authorization"),
        ("auth: users, scopes: [items/read]", USERS, "x-api-key, authorization"),
        ("auth: tokens", "tokens: {function: items, header: X-Token}", "X-Api-Key, X-Token"),
        ("auth: tokens", "tokens: {function: items, header: X-Token}", '"*"'),
        ("auth: own", "own: iam", "X-Api-Key, Authorization, X-Amz-Date"),
        ("auth: own", "own: {iam: true}", "X-Api-Key, Authorization, X-Amz-Date"),
        ("query: [a]", "own: iam", "X-Api-Key"),
        ("query: [a]", "own: {iam: true, header: Authorization, cache: 300}", "X-Api-Key"),
    ],
)
def test_what_fits_is_taken(tmp_path: Path, route: str, authorizers: str, headers: str) -> None:
    assert problems_of(furnish(tmp_path), authorized(route, authorizers, headers)) == ()


@pytest.mark.parametrize(
    ("route", "authorizers", "headers", "at", "says"),
    [
        (
            "key: false, auth: users",
            USERS,
            "X-Api-Key, Authorization",
            "key: false",
            "the route needs no key, and no usage plan limits",
        ),
        ("auth: usr", USERS, "X-Api-Key, Authorization", "auth: usr", 'did you mean "users"?'),
        ("auth: users", USERS, "X-Api-Key", "headers:", "add Authorization"),
        ("auth: users", USERS, '"*"', "headers:", "add Authorization"),
        ("auth: own", "own: iam", "X-Api-Key, Authorization", "headers:", "add X-Amz-Date"),
        (
            "auth: tokens",
            "tokens: {function: items, header: X-Token}",
            "X-Api-Key",
            "headers:",
            "no page could send what tokens asks; add X-Token",
        ),
        (
            "auth: own, scopes: [a/b]",
            "own: iam",
            "X-Api-Key, Authorization, X-Amz-Date",
            "scopes:",
            "auth names no such authorizer",
        ),
    ],
)
def test_what_does_not_is_refused(
    tmp_path: Path, route: str, authorizers: str, headers: str, at: str, says: str
) -> None:
    text = authorized(route, authorizers, headers)
    (problem,) = problems_of(furnish(tmp_path), text)
    assert says in str(problem)
    assert problem.line == line_of(text, at)


def test_the_default_headers_of_cors_are_enough(tmp_path: Path) -> None:
    text = authorized("auth: own", "own: iam").replace("headers: [X-Api-Key, Authorization], ", "")
    assert "headers:" not in text
    assert text != SAMPLE
    assert problems_of(furnish(tmp_path), text) == ()
