"""The Python that the emulator runs functions with, and that of their runtime."""

from __future__ import annotations

import sys

from provision.local.python_version import other_python_words

HERE = f"python{sys.version_info[0]}.{sys.version_info[1]}"


def test_the_same_version_is_not_mentioned() -> None:
    assert other_python_words([HERE, HERE]) == other_python_words([]) == ""


def test_both_versions_are_named_once() -> None:
    words = other_python_words(["python3.99", HERE, "python3.98", "python3.99"])
    assert f"Python {HERE.removeprefix('python')}," in words
    assert "python3.98 and python3.99:" in words
