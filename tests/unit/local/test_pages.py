"""A web page may call only the deployed API, by the printed address.

Every other host, path and header that MiniStack's router knows is refused.
"""

from __future__ import annotations

import ast
import importlib.util
from functools import cache
from pathlib import Path

import pytest

from provision import local
from provision.local import access_control

PORT = 4566
PAGE = (
    (b"sec-fetch-site", b"cross-site"),
    (b"sec-fetch-site", b"none"),
    (b"origin", b"https://page.example"),
    (b"referer", b"https://page.example/"),
    (b"sec-ch-ua", b""),
)
LABELS = (
    *("", "zz.execute-api.", "0a1b2c3d.execute-api.", "0A1B2C3D.execute-api.", "x.execute-api.eu."),
    *("abc.lambda-url.us-east-1.", "bucket.s3.", "bucket.", "name.alb.", "d123.cloudfront."),
    *("iot.us-east-1.", "data-ats.iot.us-east-1.", "x.appsync-api.", "x.us-east-1.aoss.", "api."),
)
HOSTS = (*(f"{label}localhost:{PORT}" for label in LABELS), f"127.0.0.1:{PORT}", f"[::1]:{PORT}")
SIGNED = (
    b"authorization",
    b"AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request",
)
OURS = ("/_provision", "/_provision/stop", "/", "/restapis", "/apikeys", "/2015-03-31/functions")
API = "/restapis/0a1b2c3d/v1/_user_request_"


@cache
def control_paths() -> frozenset[str]:
    """Return each path in the source of MiniStack's router, and one below it."""
    spec = importlib.util.find_spec("ministack.app")
    assert spec
    assert spec.origin
    source = Path(spec.origin).read_text("utf-8")
    texts = {
        each.value
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }
    found = {
        text for text in texts if text.startswith("/") and " " not in text and "\n" not in text
    }
    assert {"/_ministack/config", "/_ministack/reset", "/health", "/iceberg", "/v2/"} <= found
    return frozenset({*found, *(f"{path.rstrip('/')}/x" for path in found), *OURS})


def refused(host: str, path: str, *headers: tuple[bytes, bytes]) -> bool:
    scope = {
        "headers": [(b"host", host.encode()), *headers],
        "path": path,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
    }
    return bool(access_control.refusal(scope, PORT))


@pytest.mark.emulator
@pytest.mark.parametrize("host", HOSTS)
def test_no_host_opens_a_path_of_the_router(host: str) -> None:
    paths = control_paths()
    assert len(paths) > 100
    for header in PAGE:
        assert [path for path in paths if not refused(host, path, header, SIGNED)] == []
    ours = {"/_provision", "/_provision/stop"}
    assert {path for path in paths if not refused(host, path)} == ours  # a program may
    assert [path for path in paths if refused(host, path, SIGNED)] == []


@pytest.mark.parametrize("host", HOSTS)
def test_the_api_is_reached_by_its_path_and_a_plain_host(host: str) -> None:
    """Under the API's own host name, MiniStack answers some paths before it searches for an API."""
    plain = host in {f"localhost:{PORT}", f"127.0.0.1:{PORT}", f"[::1]:{PORT}"}
    for path in (API, f"{API}/", f"{API}/items/1\n", "/_aws/execute-api/0a1b2c3d/v1/items"):
        assert refused(host, path, *PAGE) is not plain


def test_the_address_that_we_print_is_one_of_them() -> None:
    printed = local.invoke_url(f"http://127.0.0.1:{PORT}", "0a1b2c3d", "some_Stage-1")
    path = printed.removeprefix(f"http://127.0.0.1:{PORT}") + "/items"
    assert not refused(f"127.0.0.1:{PORT}", path, *PAGE)


@pytest.mark.parametrize(
    "path",
    [
        "/restapis/0a1b2c3d/v1\n/_user_request_",
        f"{API}\n",
        f"{API}x",
        f"/{API}",
        "/restapis/0a1b2c3d/v1/_user_request_/@connections/abc",
        "/_aws/execute-api/0a1b2c3d/v1/@connections/abc",
        "/_aws/execute-api//v1/items",
        "/_aws/execute-api/../v1/items",
    ],
)
def test_what_only_looks_like_an_api_is_not_one(path: str) -> None:
    assert refused(f"localhost:{PORT}", path, *PAGE)
    assert refused(f"localhost:{PORT}", path)


SITE, ORIGIN = b"sec-fetch-site", b"origin"


@pytest.mark.parametrize(
    "headers",
    [
        ((SITE, b"none"),),
        ((SITE, b""),),
        ((b"Sec-Fetch-Site", b"none, cross-site"),),
        ((b"sec-fetch-mode", b"navigate"),),
        ((b"Sec-Fetch-Dest", b"document"),),
        ((b"SEC-GPC", b"1"),),
        ((b"sec-websocket-key", b"x"),),
        ((b"ORIGIN", b""),),
        ((b"Referer", b"http://127.0.0.1/"),),
        ((b"host", b"page.example"),),
        (SIGNED,),
        ((b"Authorization", b"Basic dGVzdDp0ZXN0"),),
    ],
)
def test_each_of_several_headers_counts(headers: tuple[tuple[bytes, bytes], ...]) -> None:
    """One bad header is enough to refuse a request, even a signed one."""
    assert not refused(f"localhost:{PORT}", "/", SIGNED)
    assert refused(f"localhost:{PORT}", "/", *headers, SIGNED) is (headers != (SIGNED,))


@pytest.mark.parametrize(
    "sent",
    [b"", b"AWS4-HMAC-SHA256", b"Bearer AWS4-HMAC-SHA256 ", b"AWS test:x", b" AWS4-HMAC-SHA256 x"],
)
def test_what_is_not_signed_in_its_headers_is_not_answered(sent: bytes) -> None:
    assert refused(f"localhost:{PORT}", "/", (b"authorization", sent))
    assert not refused(f"localhost:{PORT}", API, (b"authorization", sent))


@pytest.mark.parametrize("port", ["4567", "4566\n", "٤٥٦٦", "04566x", ""])
def test_the_port_is_ours_to_the_letter(port: str) -> None:
    assert refused(f"localhost:{port}", "/")
