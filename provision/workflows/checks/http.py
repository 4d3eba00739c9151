"""Sends requests to the deployed API: slowly, without redirects, and none that could write.

There is no way to send a method and a body of one's choice: `get` and `options` take no body, and
`send_refused` takes a request that `refusable` made.
"""

from __future__ import annotations

import json
import socket
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import urllib3
from botocore.httpsession import ProxyConfiguration
from botocore.utils import get_environ_proxies
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from provision import __version__
from provision.aws.client import Aws
from provision.aws.rate_limits import Pace, Rate
from provision.workflows.checks.deadline import Deadline
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
_ALL: Final = 40.0
"""Seconds for one request in all, from the connection to the end of the answer."""
_ERROR_TYPE: Final = "x-amzn-errortype"
_FUNCTION_FAILED: Final = frozenset({502, 504})
_REFUSALS: Final = frozenset({403, 429})
"""Statuses of a key that does not work yet, of a web ACL and of a rate: no function is meant."""
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
    def is_of_function(self) -> bool:
        """Whether the function's code gave this answer, or gave one that cannot be passed on.

        API Gateway names the cause of its own answers in `x-amzn-errortype`. Of these, a 502 means
        that the function failed or returned another form, and a 504 that it was too slow.
        """
        if self.error or self.status in _REFUSALS:
            return False
        return self.status in _FUNCTION_FAILED or _ERROR_TYPE not in self.headers

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
    the key's value, which is masked in all that is kept of an answer. With `at`, it connects to
    that host instead of the address's own, which must prove the address's name all the same.
    """

    def __init__(
        self, aws: Aws, address: str, pace: Pace, secret: Callable[[], str], at: str = ""
    ) -> None:
        name = urlsplit(address).hostname or ""
        self._host = {"Host": name} if at else {}
        self._address = f"https://{at}" if at else address.rstrip("/")
        self._secret = secret
        self._pace = pace
        self._lines: SimpleQueue[_Line] = SimpleQueue()
        for _ in range(AT_ONCE):
            pool = _new_pool(aws, self._address, name if at else None)
            self._lines.put(_Line(pool, self._address))

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
        sent = {
            "User-Agent": f"provision-check/{__version__}",
            "Accept": "*/*",
            **self._host,
            **headers,
        }
        line = self._lines.get()
        try:
            self._pace.wait()
            with Deadline(_ALL) as deadline:
                found = self._sent_on(line, deadline, method, path, sent, body)
        finally:
            self._lines.put(line)
        return (
            HttpAnswer(error=f"no whole answer within {_ALL:.0f} s") if deadline.expired else found
        )

    def _sent_on(
        self,
        line: _Line,
        deadline: Deadline,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> HttpAnswer:
        began = time.monotonic()
        try:
            line.watch_by(deadline)
            answer = line.pool.request(
                method,
                f"{self._address}{path}",
                headers=headers,
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


class _Line:
    """A pool of one connection, for one request at a time, which a deadline can end."""

    def __init__(self, pool: urllib3.PoolManager, address: str) -> None:
        self.pool = pool
        self._deadline: Deadline | None = None
        self._connection: weakref.ref[HTTPConnection] | None = None
        hosts = pool.connection_from_url(address)
        hosts.ConnectionCls = _watched(hosts.ConnectionCls, self)

    def watch_by(self, deadline: Deadline) -> None:
        """Watch the connection that was kept, and the one that this request may make."""
        self._deadline = deadline
        connection = self._connection() if self._connection else None
        if connection is not None and connection.sock is not None:
            deadline.watch(connection.sock)

    def opened(self, connection: HTTPConnection, opened: socket.socket) -> None:
        self._connection = weakref.ref(connection)
        if self._deadline:
            self._deadline.watch(opened)


def _watched(kind: Any, line: _Line) -> Any:
    """Return the class of connections whose sockets the line learns of before TLS begins."""

    class Watched(kind):  # type: ignore[misc]
        def _new_conn(self) -> socket.socket:
            opened: socket.socket = super()._new_conn()
            line.opened(self, opened)
            return opened

    return Watched


def _new_pool(aws: Aws, address: str, proves: str | None) -> urllib3.PoolManager:
    """Return a pool. `proves`: the name that the certificate must have, if not the address's."""
    timeout = Timeout(connect=_CONNECT, read=_READ)
    proxies = ProxyConfiguration(_proxies(aws, address))
    if proxy := proxies.proxy_url_for(address):
        return urllib3.ProxyManager(
            proxy,
            proxy_headers=proxies.proxy_headers_for(proxy),
            maxsize=1,
            timeout=timeout,
            cert_reqs="CERT_REQUIRED",
            ca_certs=aws.ca_bundle,
            server_hostname=proves,
        )
    return urllib3.PoolManager(
        maxsize=1,
        timeout=timeout,
        cert_reqs="CERT_REQUIRED",
        ca_certs=aws.ca_bundle,
        server_hostname=proves,
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
