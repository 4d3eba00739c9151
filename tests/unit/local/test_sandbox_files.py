"""A function writes to no place that another user of the machine has linked."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from provision import local
from provision.local import sandbox_files
from tests.unit.local.conftest import connect
from tests.unit.local.test_runtime import invoked, layer, make

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="users in numbers")

NOBODY = 65534
ROOT_ONLY = pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give files away"
)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return a directory with the permissions of /tmp."""
    made = tmp_path / "shared"
    made.mkdir()
    made.chmod(0o1777)
    return made


@pytest.fixture
def planted(shared: Path, tmp_path: Path) -> Path:
    """Return another user's directory, named as the X-Ray SDK's, with a link to a file of ours."""
    (tmp_path / "kept").write_text("kept")
    directory = shared / ".planted"
    directory.mkdir()
    (directory / "initialized").symlink_to(tmp_path / "kept")
    os.lchown(directory / "initialized", NOBODY, NOBODY)
    os.chown(directory, NOBODY, NOBODY)
    return directory


WRITES = """\
import os, pathlib, shutil, sqlite3

def tried(write):
    try:
        write()
    except OSError as error:
        return type(error).__name__
    return "done"

def handler(event, context):
    planted, own = pathlib.Path(event["planted"]), pathlib.Path(event["own"])
    file = str(planted / "initialized")
    os.makedirs(own / "mine", exist_ok=True)
    refused = {
        "open": lambda: open(file, "w+"),
        "append": lambda: open(file, "ab"),
        "os.open": lambda: os.open(file, os.O_WRONLY),
        "bytes": lambda: open(file.encode(), "w"),
        "a detour": lambda: open(f"{own}/mine/../.planted/initialized", "w"),
        "a link of ours": lambda: open(own / "link" / "initialized", "w"),
        "pathlib": lambda: planted.joinpath("initialized").write_text("gone"),
        "relative": lambda: (os.chdir(planted), open("initialized", "w")),
        "truncate": lambda: os.truncate(file, 0),
        "chmod": lambda: os.chmod(file, 0o777),
        "mkdir": lambda: os.mkdir(planted / "x"),
        "move": lambda: os.rename(own / "mine", planted / "mine"),
        "copy": lambda: shutil.copyfile(__file__, file),
    }
    allowed = {
        "back": lambda: os.chdir(own),
        "read": lambda: open(file).close(),
        "own": lambda: (own / "file").write_text("mine"),
        "own below": lambda: (own / "mine" / "file").write_text("mine"),
        "memory": lambda: sqlite3.connect(":memory:").close(),
        "null": lambda: open(os.devnull, "w").close(),
        "temporary": lambda: __import__("tempfile").TemporaryFile().close(),
    }
    return [{name: tried(each) for name, each in kind.items()} for kind in (refused, allowed)]
"""


@ROOT_ONLY
@pytest.mark.emulator
def test_what_another_user_planted_is_not_written_through(
    emulator: local.Emulator, planted: Path, shared: Path, tmp_path: Path
) -> None:
    (shared / "link").symlink_to(planted)
    functions = connect("lambda", emulator.endpoint)
    make(functions, "writes", app=WRITES)
    event = {"planted": str(planted), "own": str(shared)}
    answer = functions.invoke(FunctionName="writes", Payload=json.dumps(event))
    refused, allowed = json.loads(answer["Payload"].read())
    assert refused == dict.fromkeys(refused, "PermissionError")
    assert allowed == dict.fromkeys(allowed, "done")
    assert (tmp_path / "kept").read_text() == "kept"
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) != 0o777
    assert [each.name for each in planted.iterdir()] == ["initialized"]


SDK = """\
import logging, os
log = logging.getLogger("aws_xray_sdk.core.lambda_launcher")
try:
    os.mkdir("/tmp/.aws-xray/")
    made = True
except OSError:
    made = False
try:
    f = open("/tmp/.aws-xray/initialized", "w+")
    f.close()
    made = True
except (IOError, OSError):
    log.warning("Unable to write to %s. Failed to signal SDK initialization." % "it")
"""


@pytest.mark.emulator
def test_the_sdk_of_the_layer_leaves_no_sign_in_tmp(emulator: local.Emulator) -> None:
    """The function's log does not report a failure to write it either."""
    functions = connect("lambda", emulator.endpoint)
    arn = layer(functions, "sdk", launcher=SDK)
    code = (
        "import launcher\ndef handler(event, context):\n"
        "    launcher.log.warning('what AWS shows')\n    return {'made': launcher.made}\n"
    )
    make(functions, "signs", (arn,), app=code)
    assert invoked(functions, "signs", {}) == {"made": False, "failed": ""}
    logs = connect("logs", emulator.endpoint)
    events = logs.filter_log_events(logGroupName="/aws/lambda/signs")["events"]
    assert [event["message"] for event in events[1:-2]] == ["what AWS shows"]


@ROOT_ONLY
def test_no_link_leads_around_what_another_put_there(planted: Path, tmp_path: Path) -> None:
    """A path by our own links to another user's directory is refused too."""
    (tmp_path / "home").mkdir()
    direct, relative = tmp_path / "home" / "direct", tmp_path / "home" / "relative"
    direct.symlink_to(planted)
    relative.symlink_to("../home/direct")
    (tmp_path / "home" / "file").symlink_to(planted / "new")
    (tmp_path / "home" / "loop").symlink_to("loop")
    for way in (direct / "initialized", direct / "new", relative / "initialized"):
        assert sandbox_files._another_on_the_way(str(way)) == str(planted)
    assert sandbox_files._another_on_the_way(str(tmp_path / "home" / "file")) == str(planted)
    assert sandbox_files._another_on_the_way(str(tmp_path / "home" / "loop")) == ""
    assert sandbox_files._another_on_the_way(str(direct / ".." / ".." / "kept")) == str(planted)


def test_only_what_others_put_there_is_in_the_way(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shared / "directory").mkdir()
    ways = (shared / "directory" / "new", shared / "new", Path("/dev/null"), Path("/"))
    assert [sandbox_files._another_on_the_way(str(each)) for each in ways] == ["", "", "", ""]
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    theirs = sandbox_files._another_on_the_way(str(shared / "directory" / "new"))
    assert bool(theirs) is (mine != 0)
