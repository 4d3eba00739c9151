"""Declares the risks of a change of an API: an address that ends, callers who lose a route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from provision.model.risks import Impact, Risk, Risks, disabled
from provision.steps.apigateway.rest_api.contents import Cors, Route
from provision.steps.apigateway.rest_api.public import named
from provision.steps.apigateway.tls import TLS_RISKS


def removal_risks(want: Sequence[Route], have: Sequence[Route]) -> Sequence[Risk]:
    """Return the risk for the callers of routes that are removed; none while routes are unknown.

    They get a 404, not the 403 that API Gateway gives by itself: see `gateway_responses`.
    """
    if not isinstance(want, tuple):
        return ()
    kept = {route.label for route in want}
    removed = [route for route in have if route.label not in kept]
    return (Risk(Impact.DOWNTIME, f"callers of {named(removed)} get 404"),) if removed else ()


def _refuses_pages(have: Any, want: Any) -> bool:
    """Return whether pages that may call the API now may not call it any more."""
    if not isinstance(have, Cors):
        return False
    if not isinstance(want, Cors) or (have.credentials and not want.credentials):
        return True
    return "*" not in want.origins and not set(have.origins) <= set(want.origins)


def _takes_credentials(have: Any, want: Any) -> bool:
    before = isinstance(have, Cors) and have.credentials
    return isinstance(want, Cors) and want.credentials and not before


def _asks_otherwise(have: Any, want: Any) -> bool:
    """Return whether an authorizer that stays may refuse callers that it lets in now."""
    now = {one.name: one for one in want} if isinstance(want, tuple) else {}
    both = [(one, now[one.name]) for one in have if one.name in now]
    return any(
        (old.kind, old.target, old.source) != (new.kind, new.target, new.source)
        or not set(old.pools) <= set(new.pools)
        for old, new in both
    )


API_RISKS: Final = Risks(
    recreate=(Risk(Impact.NEW_URL, "its address gets a new id"),),
    update={
        **TLS_RISKS,
        "default_endpoint": (
            Risk(Impact.NEW_URL, "AWS's own address ends once its domain answers", when=disabled),
        ),
        "binary": (Risk(Impact.DOWNTIME, "bodies of these types change between text and base64"),),
        "authorizers": (
            Risk(
                Impact.DOWNTIME,
                "callers whom the changed one refuses get 401 or 403",
                when=_asks_otherwise,
            ),
        ),
        "cors": (
            Risk(
                Impact.DOWNTIME,
                "browsers refuse pages that may call the API now",
                when=_refuses_pages,
            ),
            Risk(
                Impact.WEAKER,
                "pages may send their users' cookies and read the answers",
                when=_takes_credentials,
            ),
        ),
    },
    delete=(Risk(Impact.DOWNTIME, "nothing answers at its address"),),
)
