"""A function on the emulator finds what it would find in AWS.

That is its source, its layers, the standard library and what Lambda's runtimes bring.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provision import local
from provision.local import runtime
from provision.local.runtime import make_python
from tests.unit.local.conftest import connect, zipped

TOOLS = ("click", "rich", "pydantic", "msgspec", "yaml", "uv", "provision", "ministack", "moto")
ROLE = "arn:aws:iam::000000000000:role/any"
SEEN = """\
import importlib, json
def handler(event, context):
    found = {}
    for name in event:
        try:
            found[name] = str(importlib.import_module(name).__file__)
        except ImportError:
            found[name] = ""
    return found
"""


def invoked(functions: Any, name: str, event: object) -> dict[str, Any]:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event))
    body: dict[str, Any] = json.loads(answer["Payload"].read()) or {}
    return body | {"failed": answer.get("FunctionError", "")}


def make(functions: Any, name: str, layers: tuple[str, ...] = (), **modules: str) -> None:
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped(**modules)},
        Layers=list(layers),
    )


def layer(functions: Any, name: str, **modules: str) -> str:
    content = {"ZipFile": zipped(**{f"python/{each}": text for each, text in modules.items()})}
    arn: str = functions.publish_layer_version(LayerName=name, Content=content)["LayerVersionArn"]
    return arn


def test_what_stands_beside_the_tool_is_not_found(emulator: local.Emulator) -> None:
    functions = connect("lambda", emulator.endpoint)
    make(functions, "sees", app=SEEN)
    shipped = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
    found = invoked(functions, "sees", [*TOOLS, *shipped, "json", "sqlite3", "_worker"])
    assert {name: found[name] for name in TOOLS} == dict.fromkeys(TOOLS, "")
    assert all(found[name] for name in (*shipped, "json", "sqlite3"))
    assert found["_worker"] == "", "nor MiniStack's own script"


def test_source_comes_before_layers_and_layers_before_what_is_shipped(
    emulator: local.Emulator,
) -> None:
    functions = connect("lambda", emulator.endpoint)
    first = layer(functions, "first", shared="", only="", six="")
    last = layer(functions, "last", shared="", click="")
    make(functions, "ordered", (first, last), app=SEEN, shared="")
    found = invoked(functions, "ordered", ["shared", "only", "six", "click"])
    parts = {name: Path(found[name]).parts[-3:-1] for name in ("shared", "only", "six", "click")}
    assert parts["shared"][-1] == "code"
    assert parts["only"] == ("layer_0", "python")
    assert parts["six"] == ("layer_0", "python")
    assert parts["click"] == ("layer_1", "python")


def test_only_a_line_feed_ends_a_line_of_the_log(emulator: local.Emulator) -> None:
    """As in Lambda: a caller whose words are logged cannot begin a line by another character."""
    functions = connect("lambda", emulator.endpoint)
    ends = ["\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
    said = "".join(f"said{end}forged" for end in ends)
    code = (
        f"import sys\ndef handler(event, context):\n    print({said!r})\n    print('next')\n"
        "    sys.stderr.buffer.write(b'\\xff no text\\n')\n    sys.stderr.flush()\n"
        "    print('last')\n"
    )
    make(functions, "talks", app=code)
    assert invoked(functions, "talks", {})["failed"] == ""
    logs = connect("logs", emulator.endpoint)
    events = logs.filter_log_events(logGroupName="/aws/lambda/talks")["events"]
    first, *lines, end, report = [event["message"] for event in events]
    assert (first.split()[0], end.split()[0], report.split()[0]) == ("START", "END", "REPORT")
    assert lines == [said, "next", "\\xff no text", "last"]


def test_it_is_a_python_of_its_own(tmp_path: Path) -> None:
    made = make_python(tmp_path / "python")
    script = "import importlib.metadata as m, json, sys;"
    script += "print(json.dumps([sys.path, m.version('boto3')]))"
    done = subprocess.run(
        [made, "-P", "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    path, version = json.loads(done.stdout)
    ours = str(Path(sys.prefix).resolve())
    assert not [each for each in path if each.startswith(ours)]
    assert version
    again = make_python(tmp_path / "python")  # over what is there
    assert again == made


def test_where_links_are_not_allowed_packages_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "module.py").write_text("x = 1\n")
    (tmp_path / "single.py").write_text("y = 1\n")

    def refused(self: Path, target: Path, target_is_directory: bool = False) -> None:
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", refused)
    for name in ("package", "single.py"):
        runtime._link(tmp_path / name, tmp_path / f"x-{name}")
    assert (tmp_path / "x-package" / "module.py").read_text() == "x = 1\n"
    assert (tmp_path / "x-single.py").read_text() == "y = 1\n"
