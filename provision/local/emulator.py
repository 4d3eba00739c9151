"""Starts and stops the emulator: one process per directory, which outlives its parent."""

from __future__ import annotations

import http.client
import importlib.util
import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from provision.errors import ProvisionError
from provision.files import (
    LARGEST,
    open_to_overwrite,
    read_private,
    refuse_links_below,
    refuse_special,
)
from provision.installation import emulator_command
from provision.local.identity import (
    ANSWER_SECONDS,
    NAME_SECONDS,
    RECORD,
    identity,
    last_port,
    read_record,
    request,
)
from provision.local.limitations import DEFAULT_PORT, HOST, PORTS, SERVING_LOCK, STOP, STOP_HEADER
from provision.local.lock import (
    COMMAND_LOCK,
    EmulatorFailed,
    alone,
    busy,
    holder_of_lock,
    unusable,
)
from provision.local.persistence import FOLDERS, delete_data, environment, make_folders
from provision.local.ports import PortTaken, holder_of, is_free, refuse_taken
from provision.local.progress_thread import Report, telling
from provision.local.secret import data_name, key_of, make_secret

START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 20.0
BUSY_SECONDS: Final = 30.0
"""How long a running emulator may take to prove its identity."""
REPORT_EVERY: Final = 0.5
SERVER: Final = "provision.local.server"

_LOG: Final = "log.txt"

if sys.platform == "win32":
    _DETACHED: Final = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
else:
    _DETACHED: Final = 0


class EmulatorMissing(ProvisionError):
    """An emulator that is not installed (MiniStack)."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    endpoint: str
    port: int
    pid: int


def start(root: Path, *, port: int | None = None, report: Report) -> Emulator:
    """Return the emulator that keeps its data in `root`, starting one unless it runs.

    Without a port it listens on its last one, at first 4566, or on a free one if that is taken.
    """
    if importlib.util.find_spec("ministack") is None:
        raise EmulatorMissing(
            "the embedded emulator is not installed", hint=f"`{emulator_command()}`"
        )
    root = _own(root)
    _refuse_no_text(root)
    with telling(report) as tell, alone(root):
        found = _living(root)
        if found and port in {None, found.port}:
            return found
        if port is None:
            return _launch_where_free(root, tell)
        refuse_taken(port)
        if found:
            tell(f"moving the emulator from port {found.port} to {port}")
            _stop(root, found)
        return _launch(root, port, tell)


def stop(root: Path) -> bool:
    """End the emulator of `root`, wait until its state is saved, and return whether one ran."""
    root = _own(root)
    if not root.is_dir():
        return False
    with alone(root):
        found = running(root)
        _stop(root, found)
    return found is not None


def reset(root: Path) -> None:
    """Stop the emulator of `root` and delete its data and nothing else."""
    root = _own(root)
    if not root.is_dir():
        return
    with alone(root):
        _stop(root, running(root))
        delete_data(root)
        (root / _LOG).unlink(missing_ok=True)  # keeps its port: users have noted the addresses


def is_running(root: Path) -> bool:
    return running(root) is not None


def running(root: Path) -> Emulator | None:
    """Return the emulator of `root` if it answers on its port and proves its identity."""
    root = _own(root)
    port = last_port(root)
    return _ask(root, port) if port else None


def _living(root: Path) -> Emulator | None:
    """Return the running emulator, waiting for one that is alive and does not answer.

    It may be starting or stopping. A second one would delete its folders before the lock stops it.
    """
    until = time.monotonic() + STOP_SECONDS
    while not (found := running(root)) and _is_served(root):
        if time.monotonic() >= until:
            raise _not_ending(root, "runs, and does not identify itself")
        time.sleep(0.05)
    return found


def _not_ending(root: Path, what: str) -> EmulatorFailed:
    by = holder_of_lock(root / SERVING_LOCK) or f"process {read_record(root).get('pid')}"
    return EmulatorFailed(
        f"the emulator of {root} {what}", hint=f"end {by} by hand, then run it again"
    )


def _ask(root: Path, port: int) -> Emulator | None:
    """Return the emulator of `root` if it answers on `port`.

    A stale record is harmless: another program on that port cannot prove to be of this directory.
    """
    found = identity(port, seconds=BUSY_SECONDS if _is_served(root) else ANSWER_SECONDS)
    if found is None or found.root != str(root):
        return None
    return Emulator(f"http://{HOST}:{port}", port, found.pid)


def _is_served(root: Path) -> bool:
    """Return whether an emulator of this directory is alive, even if it is busy."""
    try:
        with FileLock(root / SERVING_LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # the directory does not exist or cannot be written
        return False


def _own(root: Path) -> Path:
    """Return the real directory. Refuse links, with which a checkout could redirect our writes."""
    try:
        refuse_links_below(root.parent.parent, root)
        for name in FOLDERS:  # older versions kept their data here
            refuse_links_below(root, root / name)
        for name in (COMMAND_LOCK, SERVING_LOCK, RECORD, _LOG):
            refuse_special(root / name)
    except OSError as error:
        raise unusable(root, error) from error
    return root.resolve()


def _refuse_no_text(root: Path) -> None:
    """Refuse a path that is not UTF-8: Python could not create the functions' environment there."""
    try:
        str(root).encode()
    except UnicodeEncodeError:
        raise EmulatorFailed(
            f"the emulator cannot be in {root}: a folder name on the way there is not UTF-8",
            hint="rename that folder",
        ) from None


def _launch_where_free(root: Path, report: Report) -> Emulator:
    """Start the emulator on its last port or the first free one.

    If another emulator takes a port at the same moment, the next one is tried.
    """
    wanted = last_port(root) or DEFAULT_PORT
    for port in (wanted, *PORTS):
        if not is_free(HOST, port):
            continue
        if port != wanted:
            by = holder_of(wanted, identity(wanted, seconds=NAME_SECONDS))
            taken = f"port {wanted} is taken by {by}"
            report(f"{taken}: the emulator of this folder listens on {port} from now on")
        try:
            return _launch(root, port, report)
        except EmulatorFailed:
            if is_free(HOST, port):  # it ended for another reason
                raise
    raise PortTaken(
        f"the ports from {PORTS[0]} to {PORTS[-1]} of this machine are all taken",
        hint="name one that is free: --local-port N",
    )


def _launch(root: Path, port: int, report: Report) -> Emulator:
    try:
        secret = make_secret()
    except Timeout as error:
        raise busy(Path(error.lock_file), "the secret of your emulators") from None
    except OSError as error:
        raise EmulatorFailed(
            f"the secret of your emulators cannot be stored: {error.strerror or error}",
            hint="set XDG_STATE_HOME to a writable directory of your own",
        ) from error
    data = root / data_name(secret)
    make_folders(data)
    with os.fdopen(open_to_overwrite(root / _LOG), "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", SERVER, str(root), str(port)],
            cwd=Path(__file__).parents[2],
            env=environment(data, port),
            stdin=subprocess.PIPE,  # carries its key: functions can read the environment
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C and closing this terminal must not end it
            creationflags=_DETACHED,
        )
    if process.stdin:
        with suppress(OSError), process.stdin as told:  # the process may have ended at once
            told.write(key_of(secret, str(root)).encode())
    emulator = _await(process, root, port, report)
    process.returncode = 0  # it outlives us on purpose: Popen must neither wait for it nor warn
    return emulator


def _await(process: subprocess.Popen[bytes], root: Path, port: int, report: Report) -> Emulator:
    began = time.monotonic()
    told = -1.0
    while (spent := time.monotonic() - began) < START_SECONDS:
        if spent - told >= REPORT_EVERY:
            report(f"starting the emulator … {spent:.1f} s")
            told = spent
        if emulator := _ask(root, port):
            return emulator
        if process.poll() is not None:
            raise EmulatorFailed(
                f"the emulator ended as soon as it was started: {_last_words(root)}",
                hint=f"its log is {root / _LOG}",
            )
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise EmulatorFailed(
        f"the emulator did not answer within {START_SECONDS:.0f} s: {_last_words(root)}",
        hint=f"its log is {root / _LOG}",
    )


def _last_words(root: Path) -> str:
    lines = (read_private(root / _LOG, 16 * LARGEST) or b"").decode(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")


def _stop(root: Path, emulator: Emulator | None) -> None:
    """Stop the emulator and wait for its lock, which is free once all is saved and it has ended."""
    if emulator:
        with suppress(OSError, http.client.HTTPException):  # it may end by itself meanwhile
            request("POST", emulator.port, STOP, {STOP_HEADER: "yes"})
    lock = FileLock(root / SERVING_LOCK, timeout=STOP_SECONDS)
    try:
        with lock:
            pass
    except Timeout:
        raise _not_ending(root, f"does not end within {STOP_SECONDS:.0f} s") from None
