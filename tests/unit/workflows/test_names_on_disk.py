"""The names that a shell completes: quickly read, and harmless on a command line."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from provision.workflows.names_on_disk import (
    Outline,
    outline_of,
    recorded_nodes,
    saved_events,
    state_directory,
)
from tests.support.sample_stack import ROOT

FILE = """
environment: dev
tables: {items: {key: id}}
functions: &all
  items: {source: code}
layers: {}
environments:
  prod: {tables: {orders: {key: id}}, functions: {worker: {source: code}}}
  qa:
"""
HOSTILE = ["$(touch x)", "a b", "a\nplain,evil", "`x`", "-rf", "é", "a*", "\x1b[31m", "x" * 500, ""]


def test_the_names_of_all_environments(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(FILE)
    assert outline_of(tmp_path / "config.yaml") == Outline(
        "dev",
        ("dev", "prod", "qa", "local"),
        ("items", "worker"),
        ("table.items", "table.orders", "function.items", "function.worker"),
        ("items", "orders"),
    )


@pytest.mark.parametrize(
    "text", ["", "- a", "a: [", "a: &x {b: *x}\n", "[" * 5000, "\x00", "tables: 1\nfunctions: [2]"]
)
def test_any_other_file_has_no_names(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert outline_of(tmp_path / "config.yaml").functions == ()
    assert outline_of(tmp_path / "nowhere.yaml") == Outline()
    assert outline_of(tmp_path) == Outline()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_a_shell_would_interpret_is_left_out(tmp_path: Path, name: str) -> None:
    config = {"environment": name, "functions": {name: {}}, "environments": {name: {}}}
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    assert outline_of(tmp_path / "config.yaml") == Outline("", ("local",))
    (tmp_path / "state.json").write_text(json.dumps({"records": {name: {}}}))
    assert recorded_nodes(tmp_path) == ()


def test_nodes_are_those_of_snapshot_and_log(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"records": {"table.items": {}}}')
    log = '["api.stage", {}, []]\n{torn\n[]\n["vpc~1", {}]\n'
    (tmp_path / "journal.jsonl").write_text(log)
    assert recorded_nodes(tmp_path) == ("table.items", "api.stage", "vpc~1")
    assert recorded_nodes(tmp_path / "nowhere") == ()


@pytest.mark.parametrize("text", ["[]", "{", '{"records": []}', "[" * 100_000, "\udc80"])
def test_any_other_state_has_no_nodes(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_bytes(text.encode(errors="surrogateescape"))
    assert recorded_nodes(tmp_path) == ()


def test_the_state_is_next_to_the_file_unless_it_is_named() -> None:
    assert state_directory(Path("a/config.yaml"), None, "dev") == Path("a/.provision/dev")
    assert state_directory(Path("a/config.yaml"), Path("b"), "dev") == Path("b")


def test_events_are_those_next_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    for name in ("b.json", "a.json", "c.txt", "$(x).json"):
        (tmp_path / "events" / name).write_text("{}")
    assert saved_events(tmp_path / "config.yaml") == ("a", "b")
    assert saved_events(tmp_path / "nowhere" / "config.yaml") == ()


def test_tab_needs_no_sdk_and_little_time() -> None:
    """Of several runs the quickest: others use the same processors."""
    script = (
        "import sys, contextlib\n"
        "from provision.cli import main\n"
        "with contextlib.suppress(SystemExit): main([])\n"
        "print({'boto3', 'botocore', 'rich', 'pydantic'} & set(sys.modules), file=sys.stderr)\n"
    )
    asked = {
        "_PROVISION_COMPLETE": "bash_complete",
        "COMP_WORDS": "provision up --destroy ",
        "COMP_CWORD": "3",
    }
    used = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=os.environ | asked,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert "plain,table.items" in done.stdout
        assert done.stderr.strip() == "set()"
    assert min(used) < 0.25
