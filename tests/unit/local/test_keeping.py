"""The emulator's data: kept, saved, deleted on request, and shown to its functions."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import local
from provision.local.server import is_write
from tests.unit.local.conftest import connect, free_port, quiet, zipped

ROLE = f"arn:aws:iam::{local.ACCOUNT}:role/any"


@pytest.mark.emulator
def test_all_is_there_after_stop_and_start(root: Path) -> None:
    port = free_port()
    emulator = local.start(root, port=port, report=quiet)
    table_with_an_item(emulator, "items", "kept")
    make_function(emulator, "def handler(event, context):\n    return 'still here'\n")
    gateway = connect("apigateway", emulator.endpoint)
    api = gateway.create_rest_api(name="api", tags={"owner": "us"})["id"]
    local.stop(root)

    local.start(root, port=port, report=quiet)
    assert item_ids(emulator, "items") == {"kept"}
    assert gateway.get_rest_api(restApiId=api)["tags"] == {"owner": "us"}
    answer = connect("lambda", emulator.endpoint).invoke(FunctionName="function")
    assert json.load(answer["Payload"]) == "still here"


@pytest.mark.emulator
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_it_has_saved_what_was_written_before(root: Path) -> None:
    port = free_port()
    emulator = local.start(root, port=port, report=quiet)
    table_with_an_item(emulator, "items", "kept")
    saved = next(root.glob("data-*")) / "state" / "dynamodb.json"
    wait_until(lambda: saved.exists() and "kept" in saved.read_text())
    os.kill(emulator.pid, signal.SIGKILL)
    wait_until(lambda: not local.is_running(root))

    again = local.start(root, port=port, report=quiet)
    assert again.pid != emulator.pid
    assert item_ids(again, "items") == {"kept"}


@pytest.mark.parametrize(
    ("method", "path", "target", "body", "written"),
    [
        ("GET", "/restapis", b"", b"", False),
        ("PUT", "/restapis/a/resources/b/methods/GET", b"", b"{}", True),
        ("POST", "/", b"DynamoDB_20120810.DescribeTable", b"{}", False),
        ("POST", "/", b"DynamoDB_20120810.PutItem", b"{}", True),
        ("POST", "/", b"", b"Action=ListRoles&Version=2010-05-08", False),
        ("POST", "/", b"", b"Action=CreateRole&Version=2010-05-08", True),
        ("POST", "/service/Granite/operation/GetMetricData", b"", b"\xa1", False),
        ("POST", "/service/Granite/operation/PutMetricAlarm", b"", b"\xa1", True),
        ("POST", "/restapis/a/v1/_user_request_/items", b"", b"{}", True),
    ],
)
def test_reading_is_no_reason_to_save(
    method: str, path: str, target: bytes, body: bytes, *, written: bool
) -> None:
    headers = [(b"x-amz-target", target)] if target else []
    assert is_write({"method": method, "path": path, "headers": headers}, body) is written


@pytest.mark.emulator
def test_reset_deletes_its_data_and_nothing_else(root: Path) -> None:
    port = free_port()
    beside = root.parent / "dev" / "state.json"
    beside.parent.mkdir()
    beside.write_text("{}")
    within = root / "notes.txt"
    table_with_an_item(local.start(root, port=port, report=quiet), "items", "lost")
    within.write_text("mine")
    local.reset(root)
    assert not local.is_running(root)
    assert beside.exists()
    assert within.exists()
    emulator = local.start(root, port=port, report=quiet)
    assert connect("dynamodb", emulator.endpoint).list_tables()["TableNames"] == []


def test_reset_of_nothing_makes_nothing(tmp_path: Path) -> None:
    local.reset(tmp_path / "none")
    local.stop(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.emulator
def test_moves_to_another_port_with_its_data(root: Path) -> None:
    first = local.start(root, port=free_port(), report=quiet)
    table_with_an_item(first, "items", "kept")
    lines: list[str] = []
    second = local.start(root, port=free_port(), report=lines.append)
    assert second.port != first.port
    assert lines[0] == f"moving the emulator from port {first.port} to {second.port}"
    assert item_ids(second, "items") == {"kept"}


@pytest.mark.emulator
def test_functions_see_nothing_of_the_user(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "private")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "private")
    monkeypatch.setenv("SOME_TOKEN", "private")
    monkeypatch.setenv("HOME", "/home/private")
    emulator = local.start(root, port=free_port(), report=quiet)
    monkeypatch.delenv("AWS_PROFILE")  # boto3, here, would look for it
    make_function(
        emulator, "import os\ndef handler(event, context):\n    return dict(os.environ)\n"
    )
    answer = connect("lambda", emulator.endpoint).invoke(FunctionName="function")
    environment = json.load(answer["Payload"])
    assert "private" not in " ".join(environment.values())
    assert environment["AWS_ENDPOINT_URL"] == emulator.endpoint
    data = next(root.glob("data-*"))
    assert environment["TMPDIR"] == str(data / "tmp")
    assert environment["DOCKER_HOST"] == f"unix://{data}/no-docker"
    assert environment["AWS_EC2_METADATA_DISABLED"] == "true"


def table_with_an_item(emulator: local.Emulator, table: str, item: str) -> None:
    dynamodb = connect("dynamodb", emulator.endpoint)
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName=table, Item={"id": {"S": item}})


def item_ids(emulator: local.Emulator, table: str) -> set[str]:
    items = connect("dynamodb", emulator.endpoint).scan(TableName=table)["Items"]
    return {item["id"]["S"] for item in items}


def make_function(emulator: local.Emulator, code: str) -> None:
    connect("lambda", emulator.endpoint).create_function(
        FunctionName="function",
        Runtime="python3.13",
        Role=ROLE,
        Handler="code.handler",
        Code={"ZipFile": zipped(code=code)},
    )


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not come about"
        time.sleep(0.05)
