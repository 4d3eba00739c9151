"""Each folder's emulator finds its own port and keeps it."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from provision import local
from provision.cli import main
from provision.errors import ProvisionError
from provision.local.identity import last_port
from provision.local.ports import is_free
from tests.unit.local.conftest import free_port, quiet

Ports = list[int]


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Ports:
    """Return free ports in the place of 4566 and those after it."""
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for each in (one, two, three):
            each.bind(("127.0.0.1", 0))
        found = [each.getsockname()[1] for each in (one, two, three)]
    monkeypatch.setattr("provision.local.emulator.SERVER", "tests.unit.local.stand_in")
    monkeypatch.setattr("provision.local.emulator.PORTS", found)
    monkeypatch.setattr("provision.local.ports.PORTS", found)
    monkeypatch.setattr("provision.local.emulator.DEFAULT_PORT", found[0])
    return found


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Path]:
    """Yield the emulator directory of another project."""
    directory = tmp_path / "other" / ".provision" / "emulator"
    yield directory
    local.stop(directory)


class Stranger(BaseHTTPRequestHandler):
    """Another program that speaks HTTP."""

    body = b"hello"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_words: object) -> None:
        """Print nothing."""


@contextmanager
def listening(port: int, program: type[Stranger] = Stranger) -> Iterator[None]:
    """Run another program on this port."""
    with HTTPServer(("127.0.0.1", port), program) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


def test_the_first_folder_gets_the_usual_port_and_the_second_the_next(
    root: Path, other: Path, ports: Ports
) -> None:
    lines: list[str] = []
    assert local.start(root, report=lines.append).port == ports[0]
    assert all("starting" in line for line in lines)
    lines[1:] = []
    assert local.start(other, report=lines.append).port == ports[1]
    told = f"port {ports[0]} is taken by the emulator of {root}: the emulator of this folder"
    assert lines[1:2] == [f"{told} listens on {ports[1]} from now on"]
    assert local.is_running(root)
    assert local.start(other, report=lines.append).port == ports[1]
    assert len([line for line in lines if "taken" in line]) == 1


def test_a_port_is_kept_when_the_usual_one_is_free_again(root: Path, ports: Ports) -> None:
    """Addresses that the user noted stay valid after a stop and after a reset."""
    with listening(ports[0]):
        assert local.start(root, report=quiet).port == ports[1]
    local.stop(root)
    assert local.start(root, report=quiet).port == ports[1]
    local.reset(root)
    assert last_port(root) == ports[1]
    assert not local.is_running(root)
    lines: list[str] = []
    with listening(ports[1]):
        assert local.start(root, report=lines.append).port == ports[0]
    assert f"port {ports[1]} is taken by" in lines[0]


def test_a_port_that_was_asked_for_is_the_folders_from_then_on(root: Path, ports: Ports) -> None:
    asked = free_port()
    first = local.start(root, port=asked, report=quiet)
    assert local.start(root, report=quiet) == first
    local.stop(root)
    assert local.start(root, report=quiet).port == asked
    assert local.start(root, port=ports[2], report=quiet).port == ports[2]


def test_two_folders_that_start_at_once_get_two_ports(
    root: Path, other: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find the same port free before either of them listens on it."""
    gate, passed = threading.Barrier(2), threading.local()

    def at_once(host: str, port: int) -> bool:
        free = is_free(host, port)
        if port == ports[0] and not hasattr(passed, "gate"):
            passed.gate = gate.wait(timeout=60)
        return free

    monkeypatch.setattr("provision.local.emulator.is_free", at_once)
    with ThreadPoolExecutor(2) as pool:
        both = pool.map(lambda folder: local.start(folder, report=quiet), (root, other))
        assert {emulator.port for emulator in both} == {ports[0], ports[1]}
    assert local.is_running(root)
    assert local.is_running(other)


def test_another_failure_is_not_tried_on_every_port(
    root: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def broken(_data: Path, port: int) -> dict[str, str]:
        tried.append(port)
        return {"PYTHONHOME": "/nowhere"}

    monkeypatch.setattr("provision.local.emulator.environment", broken)
    lines: list[str] = []
    with pytest.raises(local.EmulatorFailed, match="ended as soon as it was started"):
        local.start(root, report=lines.append)
    assert tried == [ports[0]]
    assert not [line for line in lines if "taken" in line]


def test_no_port_left(root: Path, ports: Ports) -> None:
    with ExitStack() as taken:
        for port in ports:
            taken.enter_context(listening(port))
        with pytest.raises(local.PortTaken, match=f"from {ports[0]} to {ports[2]}") as caught:
            local.start(root, report=quiet)
    assert "--local-port N" in caught.value.hint


def test_a_taken_port_that_was_asked_for_is_named_with_its_holder(root: Path, ports: Ports) -> None:
    with listening(ports[0]), pytest.raises(local.PortTaken) as caught:
        local.start(root, port=ports[0], report=quiet)
    assert isinstance(caught.value, ProvisionError)
    assert f"port {ports[0]} " in caught.value.message
    assert f"--local-port {ports[1]}" in caught.value.hint
    if sys.platform == "linux":
        assert f"(pid {os.getpid()})" in caught.value.message


def test_an_emulator_of_ours_is_named_with_what_stops_it(
    other: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project, mine = other.parent.parent, other.parent.parent.parent / "mine"
    for folder in (project, mine):
        folder.mkdir(exist_ok=True)
        (folder / "config.yaml").write_text("name: tap\n")
    local.start(other, port=ports[0], report=quiet)
    monkeypatch.chdir(mine)
    monkeypatch.setattr(sys, "argv", ["provision"])
    assert obey("--local-port", str(ports[0]), "local", "start") == 1
    told = capsys.readouterr().err
    assert f"taken by the emulator of {other} [port-taken]\n" in told
    config = project / "config.yaml"
    command = f"provision local stop --config {config} --local-port {ports[0]}"
    assert f"stop it (`{command}`), or use --local-port {ports[1]};" in told
    assert obey(*command.split()[1:]) == 0
    assert not local.is_running(other)


def test_by_the_command_line_a_second_project_starts_beside_the_first(
    other: Path, ports: Ports, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PROVISION_LOCAL_PORT", raising=False)
    project = other.parent.parent
    project.mkdir()
    monkeypatch.chdir(project)
    with listening(ports[0]):
        assert obey("local", "start") == 0
        answer = capsys.readouterr()
        assert answer.out == f"http://127.0.0.1:{ports[1]}\n"
        assert answer.err.count(f"listens on {ports[1]} from now on") == 1
        assert obey("local", "start") == 0
    answer = capsys.readouterr()
    assert answer.out == f"http://127.0.0.1:{ports[1]}\n"
    assert answer.err == ""
    assert obey("local", "stop") == 0
    assert capsys.readouterr().err == "the emulator is stopped; its data stays\n"
    assert obey("local", "stop") == 0
    assert capsys.readouterr().err == f"no emulator runs in {other}\n"


def obey(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    "body",
    [
        b'{"root": "/tmp/\\u001b[2J", "pid": 1}',
        b'{"root": ["/tmp"], "pid": 1}',
        b'{"root": "/tmp", "pid": "1"}',
        b'{"root": "/tmp"}',
        b"[1]",
        b"nonsense",
    ],
)
def test_what_a_stranger_answers_is_neither_believed_nor_shown(
    root: Path, ports: Ports, body: bytes
) -> None:
    stranger = type("Hostile", (Stranger,), {"body": body})
    with listening(ports[0], stranger), pytest.raises(local.PortTaken) as caught:
        local.start(root, port=ports[0], report=quiet)
    assert "the emulator of" not in caught.value.message
    assert caught.value.message.isprintable()
