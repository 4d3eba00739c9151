"""Sends requests to the deployed API: slowly, without redirects, and none that could write.

There is no way to send a method and a body of one's choice: `get` and `options` take no body, and
`send_refused` takes a request that `refusable` made.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

import urllib3
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from provision import __version__
from provision.aws.client import Aws
from provision.aws.rate_limits import Pace, Rate
from provision.workflows.checks.refusable import RefusedRequest
from provision.workflows.checks.verdict import clipped

AT_ONCE: Final = 8
"""The most requests that are sent at the same time."""
SHARE: Final = 10
"""The checks use one part in so many of the rate that callers may use."""
MOST_BYTES: Final = 65_536
"""The most bytes that are read of an answer."""
_CONNECT: Final = 5.0
_READ: Final = 35.0
"""Seconds to wait for an answer: API Gateway waits 29 for a function."""
_MASK: Final = "(masked)"


@dataclass(frozen=True)
class HttpAnswer:
    """An answer of the API; `headers` have lower-case names. Without one, `error` says why.

    `message` is that of API Gateway's own answers. `seconds` are those until the headers came.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    seconds: float = 0.0
    error: str = ""

    @property
    def label(self) -> str:
        """The answer in a word: its status, or that there was none."""
        return f"no answer: {self.error}" if self.error else str(self.status)

    @property
    def request_id(self) -> str:
        """API Gateway's extended id of the request, which its access log has too."""
        return self.headers.get("x-amz-apigw-id", "")


class Caller(Protocol):
    """A sender of requests that cannot write."""

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer: ...

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer: ...

    def send_refused(self, request: RefusedRequest, headers: Mapping[str, str]) -> HttpAnswer: ...


def request_pace(aws: Aws, rate: float) -> Pace:
    """Return the rate of all requests of the checks: one part in `SHARE` of the callers' rate."""
    return Pace(Rate(rate / SHARE, 1), aws.clock, burst=1)


class HttpCaller:
    """A caller of one address. Safe to use from many threads.

    At most `AT_ONCE` requests at the same time, and no more than `pace` allows. `secret` returns
    the key's value, which is masked in all that is kept of an answer.
    """

    def __init__(self, aws: Aws, address: str, pace: Pace, secret: Callable[[], str]) -> None:
        self._address = address.rstrip("/")
        self._secret = secret
        self._pace = pace
        self._places = threading.BoundedSemaphore(AT_ONCE)
        self._pool = _new_pool(aws, address)

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        return self._send("GET", path, headers, None)

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        return self._send("OPTIONS", path, headers, None)

    def send_refused(self, request: RefusedRequest, headers: Mapping[str, str]) -> HttpAnswer:
        typed = {**headers, "Content-Type": "application/json"}
        return self._send(request.method, request.path, typed, request.body)

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> HttpAnswer:
        sent = {"User-Agent": f"provision-check/{__version__}", "Accept": "*/*", **headers}
        with self._places:
            self._pace.wait()
            began = time.monotonic()
            try:
                answer = self._pool.request(
                    method,
                    f"{self._address}{path}",
                    headers=sent,
                    body=body,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
                return self._read(answer, time.monotonic() - began)
            except (HTTPError, OSError, ValueError) as error:
                return HttpAnswer(error=clipped(self._masked(_cause(error))))

    def _read(self, answer: urllib3.BaseHTTPResponse, seconds: float) -> HttpAnswer:
        content = answer.read(MOST_BYTES + 1, decode_content=False)
        if len(content) > MOST_BYTES:
            answer.close()  # the rest is not read, so the connection is of no more use
        else:
            answer.release_conn()
        # A header that comes twice has two values: browsers refuse an allow-origin with both.
        headers = {
            name.lower(): self._masked(", ".join(answer.headers.getlist(name)))
            for name in answer.headers
        }
        return HttpAnswer(answer.status, headers, self._masked(_message(content)), seconds)

    def _masked(self, text: str) -> str:
        """Return the text without the key's value, should an answer repeat it."""
        secret = self._secret()
        return text.replace(secret, _MASK) if secret else text


def _new_pool(aws: Aws, address: str) -> urllib3.PoolManager:
    timeout = Timeout(connect=_CONNECT, read=_READ)
    proxies = ProxyConfiguration(_proxies(aws, address))
    if proxy := proxies.proxy_url_for(address):
        return urllib3.ProxyManager(
            proxy,
            proxy_headers=proxies.proxy_headers_for(proxy),
            maxsize=AT_ONCE,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=aws.ca_bundle,
        )
    return urllib3.PoolManager(
        maxsize=AT_ONCE, timeout=timeout, cert_reqs="CERT_REQUIRED", ca_certs=aws.ca_bundle
    )


def _proxies(aws: Aws, address: str) -> dict[str, str]:
    """Return the proxies that the environment names, as the AWS SDK finds them."""
    return {} if aws.access.endpoint else get_environ_proxies(address)


def is_behind_proxy(aws: Aws, address: str) -> bool:
    """Return whether requests to the address are sent through a proxy."""
    return urlsplit(address).scheme in _proxies(aws, address)


def _message(content: bytes) -> str:
    """Return the `message` of one of API Gateway's own answers; empty for any other."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    message = found.get("message") if isinstance(found, dict) else None
    return clipped(message) if isinstance(message, str) else ""


def _cause(error: Exception) -> str:
    """Return why no answer came, without the addresses of objects in urllib3's own words."""
    reason = vars(error).get("reason") or error.__cause__ or error
    return f"{type(reason).__name__}: {reason}".partition(" object at 0x")[0]
