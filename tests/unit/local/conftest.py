"""An emulator for each test that asks for one: free port, fresh directory, always stopped."""

from __future__ import annotations

import io
import socket
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from provision import local

Connect = Callable[[str], Any]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def quiet(_line: str) -> None:
    """Discard a report."""


def connect(service: str, endpoint: str) -> Any:
    """Return a client of the emulator without our corrections."""
    key, secret = local.CREDENTIALS
    return boto3.client(  # type: ignore[call-overload]  # by any name
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def zipped(**modules: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in modules.items():
            archive.writestr(f"{name}.py", text)
    return buffer.getvalue()


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    directory = tmp_path / "emulator"
    yield directory
    local.stop(directory)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[local.Emulator]:
    """Start one emulator for all tests of a module, for those that only send it requests."""
    directory = tmp_path_factory.mktemp("emulator")
    yield local.start(directory, port=free_port(), report=quiet)
    local.stop(directory)


@pytest.fixture
def corrected(emulator: local.Emulator) -> Connect:
    def make(service: str) -> Any:
        client = connect(service, emulator.endpoint)
        local.install(client)
        return client

    return make


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    code: str = caught.value.response["Error"]["Code"]
    return code
