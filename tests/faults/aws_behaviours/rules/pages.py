"""Laws of every listing: a page holds one item, or none, and a token says that more follow."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.loaders
from botocore.exceptions import UnknownServiceError

from tests.faults.aws_behaviours.frame import Call, Law, World
from tests.faults.aws_behaviours.wire import Answer

BY_NAME = ("Ids", "Names")
"""Endings of members that name the requested resources: such an answer has one page."""
WHOLE = {
    ("cloudwatch", "GetMetricData"): "pages hold data points: 100,800 of them, more than we ask",
    ("route53", "ListResourceRecordSets"): "we ask at a position, and for how many",
}
"""Listings that have only one page for us, and why."""
NOT_IN_BOTOCORE: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("wafv2", "ListWebACLs"): {
        "input_token": "NextMarker",
        "output_token": "NextMarker",
        "result_key": "WebACLs",
    },
}
"""Listings with a token in their model that botocore has no paginator for."""
NEVER_EMPTY = {("wafv2", "ListWebACLs")}
"""An empty page is the last one: the token is there with every page."""
TOKEN = "page-{:040}"
"""Longer than the minimum of any model, which is the 37 characters of a backup's ARN."""


@dataclass(frozen=True)
class Paging:
    """How one listing is continued."""

    sent: str
    given: str
    results: tuple[str, ...]
    more: str | None


@cache
def paging(service: str, operation: str) -> Paging | None:
    """Return botocore's rule for it; None if it has no pages."""
    if (service, operation) in WHOLE:
        return None
    said = NOT_IN_BOTOCORE.get((service, operation)) or _paginators(service).get(operation)
    if said is None or not isinstance(said["input_token"], str):
        return None
    results = said["result_key"] if isinstance(said["result_key"], list) else [said["result_key"]]
    return Paging(
        said["input_token"], said["output_token"], tuple(results), said.get("more_results")
    )


@cache
def _paginators(service: str) -> dict[str, Any]:
    try:
        found = botocore.loaders.create_loader().load_service_model(service, "paginators-1")
    except UnknownServiceError:
        return {}
    pagination: dict[str, Any] = found["pagination"]
    return pagination


class OneItemAPage(Law):
    """The first page of every listing is empty, each other has one item.

    The emulator is asked once for all; the rest of the items is kept by token.
    """

    ROW = "X12"
    SERVICE = "every"

    def __init__(self) -> None:
        self.rest: dict[str, list[Answer]] = {}
        self.continued: set[tuple[str, str]] = set()
        """The listings of which a client has read more than the first page."""

    def concerns(self, call: Call) -> bool:
        if any(
            name.endswith(BY_NAME) and isinstance(value, list)
            for name, value in call.params.items()
        ):
            return False
        return paging(call.service, call.operation) is not None

    def before(self, call: Call, world: World) -> Answer | None:
        rule = paging(call.service, call.operation)
        assert rule is not None
        pages = self.rest.pop(call.params.get(rule.sent, ""), None)
        if pages is None:
            return None
        self.continued.add((call.service, call.operation))
        return self._next(rule, pages)

    def after(self, call: Call, answer: Answer, world: World) -> Answer | None:
        rule = paging(call.service, call.operation)
        assert rule is not None
        lists = {name: answer[name] for name in rule.results if isinstance(answer.get(name), list)}
        items = [(name, item) for name, found in lists.items() for item in found]
        if not items:
            return None
        none = answer | {name: [] for name in lists}
        pages = [none | {name: [item]} for name, item in items]
        if (call.service, call.operation) not in NEVER_EMPTY:
            pages.insert(0, none)
        return self._next(rule, pages)

    def _next(self, rule: Paging, pages: list[Answer]) -> Answer:
        """Return the first of these pages; the last one ends as the emulator's answer did."""
        page, rest = pages[0], pages[1:]
        if not rest:
            return page
        token = TOKEN.format(len(self.rest) + len(rest) * 1_000_000)
        while token in self.rest:
            token += "x"
        self.rest[token] = rest
        return page | {rule.given: token} | ({rule.more: True} if rule.more else {})


class OneItemAPageForUs(OneItemAPage):
    """The same, but listings that a test itself requests are answered in one page."""

    def concerns(self, call: Call) -> bool:
        return super().concerns(call) and not _asked_by_a_test()


def _asked_by_a_test() -> bool:
    """Return whether the client's caller, outside the libraries and this frame, is a test file."""
    frame = sys._getframe(1)
    while frame and _BETWEEN.search(frame.f_code.co_filename):
        frame = frame.f_back  # type: ignore[assignment]  # None at the end
    return bool(frame) and f"{os.sep}tests{os.sep}" in frame.f_code.co_filename


_BETWEEN = re.compile(r"aws_behaviours.(?:frame|rules.\w+)\.py$|site-packages")


LAWS: tuple[type[Law], ...] = (OneItemAPage,)
