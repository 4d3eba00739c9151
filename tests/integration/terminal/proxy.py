"""A proxy in front of the emulator that delays or refuses calls during a test.

`python -m tests.integration.terminal.proxy UPSTREAM_PORT ROOT PID` prints the port it listens on.
`PUT /_bench/latency/SECONDS` delays every answer, `PUT /_bench/refuse/ACTION` refuses a call, and
`PUT /_bench/refuse/` refuses none any more. An emulator proves its identity by its own port, so the
proxy does that itself, as the one of the folder ROOT.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass

from bench.proxy import LIMIT, Message, Proxy
from provision.local.limitations import IDENTITY
from provision.local.secret import key_of, make_secret, proof

REFUSED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>InvalidParameter</Code>"
    b"<Message>[red]refused[/red] by the test</Message></Error></ErrorResponse>"
)


@dataclass
class Refusing(Proxy):
    """Refuses the Query operation named `refused`; none if that is empty."""

    refused: str = ""
    root: str = ""
    pid: int = 0
    port: int = 0

    async def _pass_on(self, method: str, target: str, request: Message) -> bytes:
        if target.startswith(f"{IDENTITY}?"):
            return self._identity(target.partition("?")[2])
        if self.refused and f"Action={self.refused}&".encode() in request.body + b"&":
            kind = (b"Content-Type", b"text/xml")
            return Message(b"HTTP/1.1 400 Bad Request", [kind], REFUSED).encoded()
        here = (b"Host", b"127.0.0.1:%d" % self.upstream)  # the emulator answers by no other name
        request.headers = [here, *((k, v) for k, v in request.headers if k.lower() != b"host")]
        return await super()._pass_on(method, target, request)

    def _identity(self, nonce: str) -> bytes:
        proven = proof(key_of(make_secret(), self.root), nonce, self.port)
        body = json.dumps({"root": self.root, "pid": self.pid, "proof": proven}).encode()
        return Message(b"HTTP/1.1 200 OK", [], body).encoded()

    def _obey(self, target: str) -> bytes:
        what, _, value = target.removeprefix("/_bench/").partition("/")
        if what == "count":
            body = str(len(self.calls)).encode()
            return Message(b"HTTP/1.1 200 OK", [], body).encoded()
        if what == "refuse":
            self.refused = value
        return super()._obey(target)


async def main(upstream: int, root: str, pid: int) -> None:
    proxy = Refusing(upstream, 0, root=root, pid=pid)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=LIMIT)
    proxy.port = server.sockets[0].getsockname()[1]
    print(proxy.port, flush=True)  # noqa: T201
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
