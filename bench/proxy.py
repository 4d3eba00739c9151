"""The way to the emulator, made as long as the way to AWS.

It is a proxy in a process of its own that delays every call by the latency, forwards it, and notes
when it came and when it was answered.

`python -m bench.proxy UPSTREAM_PORT SECONDS` prints the port it listens on. `GET /_bench/calls`
answers with what was called since it was last asked, `PUT /_bench/latency/SECONDS` sets the wait.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio import StreamReader, StreamWriter
from contextlib import suppress
from dataclasses import asdict, dataclass, field

LIMIT = 1 << 20
SECOND = "127.0.0.2"
"""This machine as well, yet not a name that `provision` knows it by."""
BODILESS = (b"204", b"304")


@dataclass(frozen=True)
class Exchange:
    """One call as it crossed the wire. Seconds on the machine's monotonic clock."""

    method: str
    target: str
    credential: str
    """The scope of the signature: it names the service."""
    action: str
    """`X-Amz-Target`, or the `Action` of a form; empty where method and path say it."""
    begin: float
    end: float
    status: int
    in_flight: int


@dataclass
class Message:
    """One HTTP message: its first line, its headers as they came, its body."""

    first: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        return next((value for key, value in self.headers if key.lower() == name), b"")

    def encoded(self) -> bytes:
        kept = [
            key + b": " + value
            for key, value in self.headers
            if key.lower()
            not in {b"connection", b"transfer-encoding", b"content-length", b"expect"}
        ]
        kept.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join((self.first, *kept, b"", self.body))


async def read_message(reader: StreamReader, writer: StreamWriter | None = None) -> Message | None:
    """Return the next one, or None at the end. `writer` is where the body is asked for."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head[:-4].split(b"\r\n")
    headers = [(key, value.strip()) for key, _, value in (line.partition(b":") for line in lines)]
    message = Message(first, headers)
    if writer and message.header(b"expect"):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if b"chunked" in message.header(b"transfer-encoding").lower():
        message.body = await _chunks(reader)
    elif length := message.header(b"content-length"):
        message.body = await reader.readexactly(int(length))
    elif first.startswith(b"HTTP/") and first.split(b" ")[1] not in BODILESS:
        message.body = await reader.read()  # until the server hangs up
    return message


async def _chunks(reader: StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(parts)


@dataclass
class Proxy:
    """The proxy between the clients and `upstream`, a port of this machine."""

    upstream: int
    latency: float
    calls: list[Exchange] = field(default_factory=list)
    in_flight: int = 0
    idle: list[tuple[StreamReader, StreamWriter]] = field(default_factory=list)

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One connection of a client, kept for all its calls."""
        try:
            while request := await read_message(reader, writer):
                method, target, _ = request.first.decode().split(" ")
                if target.startswith("/_bench/"):
                    answer = self._obey(target)
                else:
                    answer = await self._pass_on(method, target, request)
                writer.write(answer)
                await writer.drain()
        except ConnectionError:
            pass  # a client that was killed
        finally:
            writer.close()

    async def _pass_on(self, method: str, target: str, request: Message) -> bytes:
        begin = time.monotonic()
        self.in_flight += 1
        in_flight = self.in_flight
        if self.latency:
            await asyncio.sleep(self.latency)
        answer = await self._forward(request.encoded())
        self.in_flight -= 1
        status = int(answer.first.split(b" ")[1])
        scope = request.header(b"authorization").partition(b"Credential=")[2].partition(b",")[0]
        action = request.header(b"x-amz-target") or _action(request.body)
        self.calls.append(
            Exchange(
                method,
                target,
                scope.decode(),
                action.decode(),
                begin,
                time.monotonic(),
                status,
                in_flight,
            )
        )
        return answer.encoded()

    async def _forward(self, request: bytes) -> Message:
        while self.idle:
            reader, writer = self.idle.pop()
            writer.write(request)
            if answer := await read_message(reader):  # None: the server had hung up meanwhile
                self.idle.append((reader, writer))
                return answer
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", self.upstream, limit=LIMIT)
        writer.write(request)
        answer = await read_message(reader)
        assert answer, "the emulator hung up"
        if answer.first.startswith(b"HTTP/1.1") and answer.header(b"connection") != b"close":
            self.idle.append((reader, writer))
        else:
            writer.close()
        return answer

    def _obey(self, target: str) -> bytes:
        what, _, value = target.removeprefix("/_bench/").partition("/")
        body = b"{}"
        if what == "latency":
            self.latency = float(value)
        else:
            body = json.dumps([asdict(call) for call in self.calls]).encode()
            self.calls.clear()
        return Message(b"HTTP/1.1 200 OK", [], body).encoded()


def _action(body: bytes) -> bytes:
    """Of a form, as EC2, IAM and SNS are asked by."""
    found = body.partition(b"Action=")
    return found[2].partition(b"&")[0] if len(found[0]) < 200 else b""


async def main(upstream: int, latency: float) -> None:
    proxy = Proxy(upstream, latency)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=LIMIT)
    port: int = server.sockets[0].getsockname()[1]
    with suppress(OSError):  # macOS has no such address
        await asyncio.start_server(proxy.serve, SECOND, port, limit=LIMIT)
    print(port, flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
