"""A connection of another user's program is never taken for one of this user's."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from provision.local import peers

ROOT_ONLY = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0 or not Path("/proc/net/tcp").exists(),
    reason="only root can be another user, and only Linux tells",
)

PROGRAM = """
import os, socket, sys
sys.path.insert(0, sys.argv[1])
trick, theirs, mine = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
from provision.local import peers
server = socket.create_server(("127.0.0.1", 0))
"loaded while it may be read".encode("idna")
child = os.fork()
if child == 0:
    os.setuid(theirs)
    mapped = trick == "mapped"
    held = socket.socket(socket.AF_INET6 if mapped else socket.AF_INET)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = server.getsockname()[1]
    if trick == "same port":
        held.bind(("127.0.0.77", port))
    held.connect(("::ffff:127.0.0.1" if mapped else "127.0.0.1", port))
    if trick == "half closed":
        held.shutdown(socket.SHUT_WR)
    if trick == "closed":
        held.close()
        os._exit(0)
    try:
        held.recv(1)
    finally:
        os._exit(0)
theirs, client = server.accept()
theirs.settimeout(20)
if trick in {"half closed", "closed"}:
    theirs.recv(1)
if trick == "closed":
    os.waitpid(child, 0)
os.setuid(mine)
print(peers.is_another_users(client, theirs.getsockname()))
theirs.close()
"""
TRICKS = ("plain", "half closed", "closed", "same port", "mapped")


def seen(trick: str, theirs: int, mine: int) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(Path(peers.__file__).parents[2]), trick,
         str(theirs), str(mine)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return {"True": True, "False": False}[done.stdout.strip()]


@ROOT_ONLY
@pytest.mark.parametrize("trick", TRICKS)
def test_another_user_of_this_machine_is_refused(trick: str) -> None:
    assert seen(trick, 65534, 65533)
    assert seen(trick, 65534, 0)


@ROOT_ONLY
@pytest.mark.parametrize("trick", [trick for trick in TRICKS if trick != "closed"])
@pytest.mark.parametrize("theirs", [0, 65533])
def test_the_user_and_root_are_not(trick: str, theirs: int) -> None:
    assert not seen(trick, theirs, 65533)


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "tcp"
    monkeypatch.setattr(peers, "_TABLES", (file,))
    return file


LINE = "{at}: {local} {remote} {state} 0:0 0:0 0 {user} 0 {inode} 1 0 20 0 0 10 -1\n"
CLIENT, SERVER = ("127.0.0.1", 50_000), ("127.0.0.1", 4566)
WORDS = "little" if sys.byteorder == "little" else "big"
HERE = (127 << 24 | 1).to_bytes(4, "big")[:: -1 if WORDS == "little" else 1].hex().upper()


def line(client: int, server: int, user: int, inode: int = 7, state: str = "01") -> str:
    ends = {"local": f"{HERE}:{client:04X}", "remote": f"{HERE}:{server:04X}"}
    return LINE.format(at=0, state=state, user=user, inode=inode, **ends)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users in numbers")
@pytest.mark.parametrize("state", ["01", "04", "05", "08"])
def test_both_ends_and_any_state(table: Path, state: str) -> None:
    mine = os.getuid()
    decoys = line(50_000, 4567, mine) + line(50_001, 4566, mine) + line(4566, 50_000, mine)
    table.write_text("heading\n" + decoys)
    assert peers.is_another_users(CLIENT, SERVER)
    table.write_text("heading\n" + decoys + line(50_000, 4566, mine + 1, state=state))
    assert peers.is_another_users(CLIENT, SERVER)
    table.write_text("heading\n" + decoys + line(50_000, 4566, mine, state=state))
    assert not peers.is_another_users(CLIENT, SERVER)
    table.write_text("heading\n" + line(50_000, 4566, 0, inode=0, state=state))
    assert peers.is_another_users(CLIENT, SERVER)  # closed: no owner, and shown as root's


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users in numbers")
def test_who_cannot_be_known_is_refused_where_others_can(table: Path) -> None:
    assert not peers.is_another_users(CLIENT, SERVER)  # no /proc
    table.write_text("heading\n")
    assert peers.is_another_users(None, SERVER)
    assert peers.is_another_users(CLIENT, None)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users in numbers")
def test_nobody_waits_while_a_long_table_is_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another user can fill the table with closed connections, and send requests repeatedly."""
    looked, others = threading.Event(), threading.Event()

    def looks(_client: object, _server: object) -> bool:
        looked.set()
        return others.wait(20)

    monkeypatch.setattr(peers, "is_another_users", looks)

    async def asked() -> bool:
        asking = asyncio.create_task(peers.comes_from_another_user(CLIENT, SERVER))
        while not looked.is_set():
            await asyncio.sleep(0.01)
        others.set()
        return await asking

    assert asyncio.run(asked())


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users in numbers")
def test_a_long_table_is_looked_through_quickly(table: Path) -> None:
    gone = [line(port, 4566, 0, inode=0, state="06") for port in range(20_000, 49_000)]
    table.write_text("heading\n" + "".join(gone) + line(50_000, 4566, os.getuid()))
    began = time.process_time()
    for _ in range(10):
        assert not peers.is_another_users(CLIENT, SERVER)
    assert time.process_time() - began < 0.5
