"""The process that holds the lock, as a command that finds it locked reports it."""

from __future__ import annotations

import getpass
import os
import re
import socket
from typing import Never

import pytest

from provision.state.holder import current_holder


def test_the_holder_is_this_process() -> None:
    holder = current_holder("provision up")
    assert (holder.user, holder.host) == (getpass.getuser(), socket.gethostname())
    assert (holder.pid, holder.command) == (os.getpid(), "provision up")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", holder.since)


def test_a_user_without_a_name_is_its_number_if_the_system_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nameless() -> Never:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert current_holder("up").user == f"uid {os.getuid()}"
    monkeypatch.delattr(os, "getuid")
    assert current_holder("up").user == "somebody"
