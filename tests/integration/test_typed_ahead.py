"""Text typed before a question was asked does not answer it."""

from __future__ import annotations

import io
import os
import select
import sys

import pytest

from provision.commands.terminal import forget_typed

pty = pytest.importorskip("pty")


def test_what_was_typed_before_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        os.write(keyboard, b"y\n")
        assert select.select([stdin], [], [], 5)[0]
        forget_typed()
        assert not select.select([stdin], [], [], 0)[0]
        os.write(keyboard, b"n\n")
        assert stdin.readline() == "n\n"
    os.close(keyboard)


def test_what_is_no_keyboard_keeps_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The content of a file or a pipe is meant to be read."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    forget_typed()
    assert sys.stdin.readline() == "y\n"
