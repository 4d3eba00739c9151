"""No request, with or without a key, is answered above 499 or forges a line of a log.

`make fuzz-api` sends more of them; FUZZ_REQUESTS is their number.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from provision.stack.api import ACCESS_FORMAT
from tests.function.conftest import Function
from tests.function.gateway import KEY, Gateway, Request, Served
from tests.function.hostile import FORGED, requests
from tests.function.test_cors import shipped

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "150"))
MOST_BYTES = 6_000_000
KEPT = 4
FIELDS = set(json.loads(ACCESS_FORMAT))
AWS_WORDS = {
    *("extendedRequestId", "integration.requestId", "integrationLatency", "responseLatency"),
    *("requestTime", "responseLength", "status", "error.responseType", "resourcePath"),
    *("identity.sourceIp", "identity.apiKeyId"),
    "httpMethod",  # a caller's, but a token of HTTP, which has no quotes
}


@pytest.fixture
def gateway(
    function: Function, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Gateway]:
    contents, _ = shipped(tmp_path)
    made = Gateway(function, contents, ACCESS_FORMAT)
    yield made
    if "FUZZ_REQUESTS" in os.environ:
        counts = [f"{count:6} {how}" for how, count in made.answered.most_common()]
        sum_up = f"{made.answered.total()} requests, largest answer {made.largest} bytes"
        with capsys.disabled():
            sys.stdout.write("\n".join(["", sum_up, *counts, ""]))


@pytest.fixture
def made() -> deque[str]:
    """Return the ids of existing items; the oldest are deleted, so that lists stay quick."""
    return deque()


def only_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), "a field twice: which one is true?"
    return dict(pairs)


def judge(request: Request, served: Served) -> None:
    """Assert what holds of every request."""
    assert 200 <= served.status <= 499, served.body[:500]
    assert len(served.body.encode()) < MOST_BYTES
    if not served.line:
        return
    assert "\n" not in served.line
    line = json.loads(served.line, object_pairs_hook=only_once)
    assert set(line) == FIELDS
    assert all(isinstance(value, str) for value in line.values())
    assert (line["status"], line["request_id"]) == (str(served.status), served.request_id)
    assert line["method"] == request.method
    assert "forged" not in served.line
    if served.status >= 400:
        told = json.loads(served.body)
        assert told.get("error", told)["request_id"] == served.request_id
    for printed in served.printed:
        entry = json.loads(printed, object_pairs_hook=only_once)
        assert isinstance(entry, dict)
        assert entry.get("forged") is None


def test_the_access_log_has_no_variable_that_a_caller_words() -> None:
    """The caller words the path, agent, trace, `requestId`, error messages and bodies."""
    assert set(re.findall(r"\$context\.([A-Za-z.]+)", ACCESS_FORMAT)) <= AWS_WORDS
    assert ACCESS_FORMAT.count("$") == len(FIELDS)


def with_key(method: str, target: str, body: bytes = b"") -> Request:
    return Request(method, target, (("X-Api-Key", KEY), ("Content-Type", "application/json")), body)


@given(request=requests(), validates=st.booleans())
@example(request=with_key("GET", "/items/" + "a" * 2_049), validates=True)
@example(
    request=with_key("PUT", "/items/a", b'{"name":"a","version":1%s}' % (b"0" * 38)), validates=True
)
@example(
    request=with_key("POST", "/items", b'{"name":"a","attributes":{"n":1e%s}}' % (b"9" * 20)),
    validates=True,
)
@example(request=with_key("POST", "/items", b'{"name":"a","\\ud800":1}'), validates=True)
@example(request=Request("GET", "/items", (("User-Agent", FORGED),)), validates=True)
@example(request=Request("GET", "/%22,%22", (("x-amzn-RequestId", FORGED),)), validates=True)
@example(
    request=Request("OPTIONS", "/items", (("Content-Type", "text/plain"),), b"x"), validates=True
)
@settings(
    max_examples=REQUESTS,
    deadline=None,
    derandomize="FUZZ_REQUESTS" not in os.environ,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent(
    gateway: Gateway, made: deque[str], request: Request, validates: bool
) -> None:
    if gateway.answered.total() % 20 == 0:
        for item_id in ("a", "here", "there"):
            gateway.function.call("POST", body={"id": item_id, "name": "found by others"})
    gateway.validates = validates
    served = gateway.serve(request)
    judge(request, served)
    if served.status == 201:
        made.append(json.loads(served.body)["id"])
        if len(made) > KEPT:
            gateway.function.table.delete_item(Key={"id": made.popleft()})
