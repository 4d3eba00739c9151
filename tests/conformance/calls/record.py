"""The calls of the shipped config.yaml as text; run as a module, it records them again.

`requests` are the rehearsed requests of `up`, with every parameter: ids, packages and tokens are
replaced, so that they are the same on every machine. `counts` are the calls of whole commands on
moto, reads included, each with the number of times it is made.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from moto import mock_aws

from provision.preflight.requests import rehearse
from tests.support.harness import Workshop, new_aws
from tests.support.moto_patches import teach_moto
from tests.support.sample_stack import ROOT, configured, reference_stack
from tests.support.speedups import make_cheap, sign_nothing

RECORDED: Final = Path(__file__).parent / "shipped.txt"
COMMANDS: Final = (("up", "up"), ("plan", "plan"), ("up again", "up"), ("down", "down"))
_PACKAGE: Final = "(package)"
_TOKENS: Final = ("ClientToken",)


def text() -> str:
    return "".join(f"{line}\n" for line in (*requests(), "", *counts()))


def requests() -> Iterator[str]:
    """Yield a line for each request of the first `up`: node, operation and parameters."""
    with tempfile.TemporaryDirectory() as folder:
        foreseen = rehearse(configured(Path(folder)))
    digests = {
        value
        for step in foreseen.steps.values()
        for name, value in vars(step).items()
        if name in {"sha256", "code_sha256"}
    }
    for request in foreseen.requests:
        sent = json.dumps(_plain(request.parameters), sort_keys=True)
        for digest in digests:
            sent = sent.replace(digest, _PACKAGE)
        yield f"{request.node} {request.name} {sent}"


def counts() -> Iterator[str]:
    """Yield a line for each operation of each command, with its number of calls."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, mock_aws():
        make_cheap(patch)
        teach_moto(patch)
        sign_nothing(patch)
        workshop = Workshop(Path(folder, "state"))
        stack = reference_stack(new_aws(), Path(folder))
        for name, verb in COMMANDS:
            workshop.run(stack, verb)
            calls = Counter([*workshop.last.writes, *workshop.last.reads])
            yield from (f"{name}: {count} {call}" for call, count in sorted(calls.items()))


def _plain(value: Any) -> Any:
    """Return the value with packages as a word, and without tokens and this repository's path."""
    match value:
        case dict():
            known = {key: each for key, each in value.items() if key not in _TOKENS}
            return {key: _plain(each) for key, each in known.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case bytes() | bytearray() | memoryview():
            return _PACKAGE
        case str() | int() | float() | bool() | None:
            return str(value).replace(str(ROOT), "") if isinstance(value, str) else value
    return _PACKAGE


if __name__ == "__main__":
    RECORDED.write_text(text(), encoding="utf-8")
