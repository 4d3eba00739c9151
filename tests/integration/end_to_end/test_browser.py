"""A page of another origin uses all that the shipped API offers, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.end_to_end.browser import BROWSERS, Page, Seen, find_browser, open_page
from tests.integration.end_to_end.conftest import Home

BROWSER = find_browser()
pytestmark = [
    pytest.mark.emulator,
    pytest.mark.skipif(
        BROWSER is None, reason=f"no browser here ({', '.join(BROWSERS)}): apt install chromium"
    ),
]
QUOTA = 40
"""More requests than the tests make with the first key, and few enough to use up the second's."""


@dataclass
class Client:
    """A page that knows the API's address and a key."""

    page: Page
    endpoint: str
    key: str
    spare: str

    def ask(self, method: str, path: str, document: object = None, **headers: str) -> Seen:
        """Return the answer to a page's script: with the key, and JSON if there is a body."""
        if document is None:
            return self.plain(method, path, x_api_key=self.key, **headers)
        kind = {"content_type": "application/json"}
        body = document if isinstance(document, str) else json.dumps(document)
        return self.plain(method, path, body, x_api_key=self.key, **kind, **headers)

    def plain(self, method: str, path: str, body: str | None = None, **headers: str) -> Seen:
        return self.page.fetch(method, self.endpoint + path, body, **headers)


@pytest.fixture(scope="module")
def client(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    assert BROWSER
    configure(home, "quota: null ", f"quota: {{limit: {QUOTA}, period: DAY}} ")
    configure(home, "keys: [default]", "keys: [default, spare]")
    home.provision("up", "--local", "--yes")
    endpoint = home.provision("outputs", "api_endpoint", "--local").strip()
    found = home.client("apigateway").get_api_keys(includeValues=True)["items"]
    keys = {key["name"].rpartition("-")[2]: key["value"] for key in found}
    with open_page(BROWSER, tmp_path_factory.mktemp("browser") / "profile") as page:
        yield Client(page, endpoint, keys["default"], keys["spare"])


def configure(home: Home, old: str, new: str) -> None:
    file = home.path / "config.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def told(seen: Seen) -> dict[str, object]:
    """Return an error that the page can read, with the same request id in all places."""
    assert not seen.refused
    body: dict[str, Any] = seen.body
    assert seen.headers["x-amz-apigw-id"] == body.get("error", body)["request_id"]
    return body


def test_the_life_of_an_item(client: Client) -> None:
    made = client.ask("POST", "/items", {"name": "lamp", "attributes": {"colour": "rot"}})
    assert (made.status, made.refused) == (201, "")
    assert made.headers["location"].endswith(f"/items/{made.body['id']}")
    assert made.headers["etag"] == '"1"'
    assert made.headers["x-amz-apigw-id"]
    assert made.headers["x-amzn-requestid"]
    path = f"/items/{made.body['id']}"
    read = client.ask("GET", path)
    assert (read.status, read.body) == (200, made.body)
    changed = client.ask("PUT", path, {"name": "torch"}, if_match=read.headers["etag"])
    assert (changed.status, changed.headers["etag"]) == (200, '"2"')
    stale = client.ask("PUT", path, {"name": "late"}, if_match=read.headers["etag"])
    assert stale.status == 409
    assert "version 2" in str(told(stale))
    assert client.ask("PUT", path, {"name": "blind"}).headers["etag"] == '"3"'
    assert client.ask("DELETE", path, if_match='"2"').status == 409
    assert client.ask("DELETE", path, if_match='"3"').status == 204
    gone = client.ask("GET", path)
    assert gone.status == 404
    assert told(gone)["error"]


def test_a_list_goes_on_with_its_cursor(client: Client) -> None:
    names = {client.ask("POST", "/items", {"name": f"n{number}"}).body["id"] for number in range(3)}
    seen: set[str] = set()
    cursor = ""
    while True:
        page = client.ask("GET", f"/items?limit=2{cursor}")
        assert page.status == 200
        seen |= {item["id"] for item in page.body["items"]}
        if page.body["cursor"] is None:
            break
        cursor = f"&cursor={page.body['cursor']}"
    assert names <= seen


@pytest.mark.parametrize("headers", [{}, {"x_api_key": "a-wrong-key-but-a-long-one"}])
def test_without_the_key_it_reads_403(client: Client, headers: dict[str, str]) -> None:
    seen = client.plain("GET", "/items", **headers)
    assert seen.status == 403
    assert "x-api-key" in str(told(seen)["message"])


@pytest.mark.parametrize("document", ["{", {}, {"name": 1}, {"name": "a", "colour": "red"}])
def test_of_a_bad_body_it_reads_what_is_wrong(client: Client, document: object) -> None:
    """API Gateway checks a model, and the function checks further."""
    seen = client.ask("POST", "/items", document)
    assert seen.status == 400
    assert told(seen)


def test_it_reads_404_of_what_is_no_route(client: Client) -> None:
    seen = client.plain("GET", "/nothing")
    assert seen.status == 404
    assert told(seen)["message"] == "Not found"


def test_the_browser_obeys_what_the_api_says(client: Client) -> None:
    """Otherwise these tests would prove nothing: no server here allows `*` for everything."""
    assert client.ask("GET", "/items", x_other="not in cors.headers").refused
    seen = client.ask("GET", "/items")
    assert "content-type" in seen.headers
    assert "x-amz-request-id" not in seen.headers, "answered here, and not in cors.expose"


def test_a_quota_used_up_is_read_with_when_to_come_again(client: Client) -> None:
    for _ in range(QUOTA + 1):
        seen = client.plain("GET", "/items/nothing", x_api_key=client.spare)
        if seen.status == 429:
            break
    assert seen.status == 429
    assert seen.headers["retry-after"] == "3600"
    assert told(seen)


def test_throttled_is_read_too_and_another_origin_reads_nothing(home: Home, client: Client) -> None:
    configure(home, 'origins: ["*"]', f'origins: ["{client.page.origin}"]')
    configure(home, "throttle: {rate: 1000, burst: 2000}", "throttle: {rate: 1, burst: 2}")
    home.provision("up", "--local", "--yes")
    for _ in range(QUOTA):
        seen = client.ask("GET", "/items/nothing")
        assert not seen.refused
        if seen.status == 429:
            break
    assert (seen.status, seen.headers["retry-after"]) == (429, "1")
    assert told(seen)["message"] == "Too Many Requests"
    client.page.move(client.page.other_origin)
    assert client.plain("GET", "/items").refused
