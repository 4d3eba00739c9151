"""The caller: its pace, what it reads of an answer, and that it can send nothing that writes."""

from __future__ import annotations

import inspect
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from provision import __version__
from provision.workflows.checks.http import AT_ONCE, MOST_BYTES, HttpCaller, request_pace
from provision.workflows.checks.refusable import RefusedRequest
from tests.support.harness import new_aws
from tests.support.virtual_clock import VirtualClock
from tests.unit.workflows.checks.server import http_server, reply

KEY = "the-value-of-the-key"


def caller(address: str, rate: float = 100_000) -> HttpCaller:
    aws = new_aws()
    return HttpCaller(aws, address, request_pace(aws, rate), lambda: KEY)


def fine(request: BaseHTTPRequestHandler) -> None:
    reply(request, 200, b'{"message": "hello"}', x_amz_apigw_id="E1=")


def test_an_answer_is_its_status_headers_and_message(account: None) -> None:
    with http_server(fine) as served:
        found = caller(served.address).get("/items?x=1", {"x-api-key": KEY})
    assert (found.status, found.message, found.request_id) == (200, "hello", "E1=")
    assert served.requests == [("GET", "/items?x=1", b"")]
    assert served.headers[0]["User-Agent"] == f"provision-check/{__version__}"
    assert served.headers[0]["x-api-key"] == KEY


def test_a_header_that_comes_twice_has_both_values(account: None) -> None:
    """Browsers refuse an answer with two allow-origin headers, even if both are `*`."""

    def twice(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for _ in range(2):
            request.send_header("Access-Control-Allow-Origin", "*")
        request.send_header("Content-Length", "0")
        request.end_headers()

    with http_server(twice) as served:
        found = caller(served.address).get("/", {})
    assert found.headers["access-control-allow-origin"] == "*, *"


def test_redirects_are_not_followed(account: None) -> None:
    with http_server(lambda request: reply(request, 302, Location="/elsewhere")) as served:
        assert caller(served.address).get("/", {}).status == 302
    assert len(served.requests) == 1


def test_of_a_long_answer_no_more_is_read_than_its_beginning(account: None) -> None:
    def long(request: BaseHTTPRequestHandler) -> None:
        reply(request, 200, b"x" * (MOST_BYTES * 40))

    with http_server(long) as served:
        began = time.monotonic()
        found = [caller(served.address).get("/", {}) for _ in range(3)]
    assert [one.status for one in found] == [200] * 3
    assert time.monotonic() - began < 10


def test_a_body_that_is_no_document_has_no_message(account: None) -> None:
    for body in (b"", b"\xff\xfe", b"[" * 5_000, b"[1]", b'{"message": 1}', b"<html>"):
        with http_server(lambda request, body=body: reply(request, 500, body)) as served:  # type: ignore[misc]
            assert caller(served.address).get("/", {}).message == ""


def test_an_answer_that_repeats_the_key_is_masked(account: None) -> None:
    def repeating(request: BaseHTTPRequestHandler) -> None:
        reply(request, 400, f'{{"message": "{KEY}"}}'.encode(), Access_Control_Allow_Origin=KEY)

    with http_server(repeating) as served:
        found = caller(served.address).get("/", {})
    assert KEY not in repr(found)
    assert "(masked)" in found.message


def test_no_answer_says_why(account: None) -> None:
    with http_server(fine) as served:
        pass
    found = caller(served.address).get("/", {})
    assert (found.status, "no answer: " in found.label) == (0, True)
    assert "0x" not in found.error


def test_no_more_than_a_tenth_of_the_rate(account: None, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = new_aws()
    clock = VirtualClock()
    monkeypatch.setattr(aws, "clock", clock)
    with http_server(fine) as served:
        pace = request_pace(aws, 20)
        one, other = (HttpCaller(aws, served.address, pace, lambda: "") for _ in range(2))
        for caller in (one, other, one, one, other):
            caller.get("/", {})
    assert clock.slept == pytest.approx([0.5] * 4)


def test_no_more_than_eight_at_the_same_time(account: None) -> None:
    running, most, mutex = [0], [0], threading.Lock()

    def slow(request: BaseHTTPRequestHandler) -> None:
        with mutex:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.05)
        with mutex:
            running[0] -= 1
        reply(request, 200)

    with http_server(slow) as served:
        one = caller(served.address)
        threads = [threading.Thread(target=one.get, args=("/", {})) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert 1 < most[0] <= AT_ONCE


def test_there_is_no_way_to_choose_a_method_and_a_body() -> None:
    ways = {
        name: list(inspect.signature(member).parameters)
        for name, member in inspect.getmembers(HttpCaller, inspect.isfunction)
        if not name.startswith("_")
    }
    assert ways == {
        "get": ["self", "path", "headers"],
        "options": ["self", "path", "headers"],
        "send_refused": ["self", "request", "headers"],
    }


def test_a_refused_request_is_sent_as_json(account: None) -> None:
    with http_server(lambda request: reply(request, 400)) as served:
        request = RefusedRequest("PUT", "/items/x", b"[]")
        assert caller(served.address).send_refused(request, {}).status == 400
    assert served.requests == [("PUT", "/items/x", b"[]")]
    assert served.headers[0]["Content-Type"] == "application/json"
