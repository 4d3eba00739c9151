"""Starting and stopping: one process for each directory, on this machine only, errors reported."""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from provision import local
from provision.installation import emulator_command
from tests.unit.local.conftest import free_port, quiet


@pytest.mark.emulator
def test_starts_once_and_stops(root: Path) -> None:
    port = free_port()
    assert not local.is_running(root)
    lines: list[str] = []
    first = local.start(root, port=port, report=lines.append)
    assert first.endpoint == f"http://127.0.0.1:{port}"
    assert lines[0].startswith("starting the emulator … 0")
    lines.clear()
    assert local.start(root, port=port, report=lines.append) == first
    assert lines == []
    assert local.is_running(root)
    local.stop(root)
    assert not local.is_running(root)
    local.stop(root)


@pytest.mark.emulator
def test_outlives_the_process_that_started_it(root: Path) -> None:
    port = free_port()
    code = (
        "import sys; from pathlib import Path; from provision import local;"
        "local.start(Path(sys.argv[1]), port=int(sys.argv[2]), report=print)"
    )
    subprocess.run([sys.executable, "-c", code, str(root), str(port)], check=True, timeout=60)
    emulator = local.running(root)
    assert emulator is not None
    if sys.platform != "win32":  # nor does Ctrl-C in this terminal reach it
        assert os.getsid(emulator.pid) == emulator.pid


@pytest.mark.emulator
def test_two_starts_at_once_start_one(root: Path) -> None:
    port = free_port()
    gate = threading.Barrier(2)

    def start(_: int) -> local.Emulator:
        gate.wait()
        return local.start(root, port=port, report=quiet)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(start, range(2))
    assert one == other


@pytest.mark.emulator
def test_a_terminal_that_stands_still_holds_up_no_other_command(root: Path) -> None:
    goes_on, reported = threading.Event(), threading.Event()

    def stands_still(_line: str) -> None:
        reported.set()
        assert goes_on.wait(60)

    first = threading.Thread(target=local.start, args=(root,), kwargs={"report": stands_still})
    first.start()
    assert reported.wait(60)
    assert local.start(root, report=quiet).endpoint
    assert first.is_alive()
    goes_on.set()
    first.join(60)
    assert not first.is_alive()


def other_addresses() -> Iterator[str]:
    yield "127.0.0.2"
    for *_, address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
        if str(address[0]) != "127.0.0.1":
            yield str(address[0])


@pytest.mark.emulator
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
def test_listens_on_this_machine_only(root: Path) -> None:
    emulator = local.start(root, port=free_port(), report=quiet)
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=2):
        pass
    for address in other_addresses():
        with pytest.raises(OSError), socket.create_connection((address, emulator.port), timeout=2):
            pass
    listening = [line for line in listeners(emulator.pid) if not line.startswith("127.0.0.1:")]
    assert listening == []


def listeners(pid: int) -> list[str]:
    """Return `address:port` of every TCP socket on which the process listens."""
    sockets = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                dotted = socket.inet_ntoa(int(address, 16).to_bytes(4, "little")[:4])
                found.append(f"{dotted}:{int(port, 16)}")
    return found


@pytest.mark.emulator
def test_a_port_taken_by_another_emulator_of_ours(root: Path) -> None:
    """Two checkouts side by side: the one that cannot change its port keeps running."""
    other = root.parent / "other"
    taken = local.start(other, port=free_port(), report=quiet)
    try:
        mine = local.start(root, port=free_port(), report=quiet)
        with pytest.raises(local.PortTaken, match=f"taken by the emulator of {other}"):
            local.start(root, port=taken.port, report=quiet)
        assert local.running(root) == mine
    finally:
        local.stop(other)


@pytest.mark.emulator
def test_a_stale_record_is_harmless(root: Path) -> None:
    """Another emulator answers on the recorded port, under a process id that is alive."""
    other = local.start(root, port=free_port(), report=quiet)
    stale = root.parent / "stale"
    stale.mkdir()
    (stale / "emulator.json").write_text(json.dumps({"port": other.port, "pid": os.getpid()}))
    assert not local.is_running(stale)
    local.stop(stale)
    assert local.is_running(root)
    mine = local.start(stale, port=free_port(), report=quiet)
    local.stop(stale)
    assert mine.pid != other.pid
    assert local.is_running(root)


def test_a_broken_record_is_harmless(tmp_path: Path) -> None:
    (tmp_path / "emulator.json").write_text('["not", "ours"')
    assert not local.is_running(tmp_path)
    (tmp_path / "emulator.json").write_text('["not", "ours"]')
    assert not local.is_running(tmp_path)


def test_a_directory_right_below_the_root_is_one(tmp_path: Path) -> None:
    """It is the directory of `--state /` in a container whose project is read-only."""
    assert not local.is_running(Path(tmp_path.anchor, f"emulator-{tmp_path.name}"))


def test_without_ministack_it_says_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(local.EmulatorMissing) as caught:
        local.start(root, report=quiet)
    assert caught.value.hint == f"`{emulator_command()}`"


def test_import_needs_neither_boto3_nor_ministack() -> None:
    code = (
        "import sys, provision.local;"
        "print([m for m in ('boto3', 'botocore', 'ministack', 'hypercorn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.emulator
def test_an_early_end_shows_its_last_words(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provision.local.ports.is_free", lambda _host, _port: True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(local.EmulatorFailed) as caught:
            local.start(root, port=port, report=quiet)
    assert "ended as soon as it was started" in caught.value.message
    assert "in use" in caught.value.message
    assert str(root / "log.txt") in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_it_may_not_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(local.EmulatorFailed, match="cannot be used: Permission denied"):
        local.start(tmp_path / "emulator", report=quiet)


def test_a_file_where_its_directory_should_be(tmp_path: Path) -> None:
    (tmp_path / "emulator").write_text("")
    with pytest.raises(local.EmulatorFailed, match="cannot be used"):
        local.start(tmp_path / "emulator", report=quiet)


@pytest.mark.emulator
def test_no_module_of_the_folder_at_hand_is_its_own(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m` searches the current directory first."""
    here = tmp_path / "checkout"
    (here / "provision").mkdir(parents=True)
    for name in ("json.py", "hypercorn.py", "provision/__init__.py"):
        (here / name).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(here)
    local.start(root, port=free_port(), report=quiet)
    assert not (tmp_path / "ran").exists()


@pytest.mark.emulator
@pytest.mark.skipif(sys.platform == "win32", reason="file modes")
def test_its_directory_is_private(root: Path) -> None:
    local.start(root, port=free_port(), report=quiet)
    assert root.stat().st_mode & 0o777 == 0o700


@pytest.mark.emulator
def test_only_a_request_with_our_header_stops_it(root: Path) -> None:
    """A web page may post to this machine, but cannot send our header."""
    emulator = local.start(root, port=free_port(), report=quiet)
    connection = http.client.HTTPConnection("127.0.0.1", emulator.port, timeout=5)
    for method, headers in (("POST", {}), ("GET", {"x-provision-stop": "yes"})):
        connection.request(method, "/_provision/stop", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 403
        answer.read()
    connection.close()
    assert local.is_running(root)


@pytest.mark.emulator
def test_an_emulator_that_is_busy_is_not_a_strangers_program(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the emulator may take longer to answer than another program is given."""
    emulator = local.start(root, port=free_port(), report=quiet)
    monkeypatch.setattr("provision.local.emulator.ANSWER_SECONDS", 1.0)
    os.kill(emulator.pid, signal.SIGSTOP)
    threading.Timer(3, os.kill, (emulator.pid, signal.SIGCONT)).start()
    assert local.running(root) == emulator
