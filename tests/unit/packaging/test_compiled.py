"""The command that makes the shipped requirements.txt is the same at every place that shows it."""

from __future__ import annotations

import re

from tests.support.sample_stack import ROOT

TXT = (ROOT / "layer" / "requirements.txt").read_text("utf-8")
COMMAND = TXT.splitlines()[1].removeprefix("#").split()


def told(text: str) -> list[list[str]]:
    """Return every such command in a text, as words, without comments and line continuations."""
    joined = re.sub(r"\\\n(# )?", " ", text)
    found = [line.lstrip("# ").split() for line in joined.splitlines()]
    return [words for words in found if words[:3] == COMMAND[:3]]


def test_the_command_leaves_out_what_the_runtime_has() -> None:
    assert COMMAND[:3] == ["uv", "pip", "compile"]
    left_out = [COMMAND[at + 1] for at, word in enumerate(COMMAND) if word == "--no-emit-package"]
    assert left_out == ["botocore", "python-dateutil", "six", "urllib3"]
    assert not [name for name in left_out if re.search(rf"^{name}==", TXT, re.MULTILINE)]


def test_it_is_the_same_wherever_it_is_told() -> None:
    for page in ("layer/requirements.in", "docs/layers.md"):
        assert told((ROOT / page).read_text("utf-8")) == [COMMAND], page
