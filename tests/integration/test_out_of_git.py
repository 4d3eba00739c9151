"""A project is begun with `git add -A`, which adds no state and no file of the emulator.

Those contain the values of keys and secrets.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provision import local
from provision.errors import StateError
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.integration.test_cli import Provision, home, provision
from tests.support.harness import HOLDER
from tests.unit.local.conftest import free_port, quiet

__all__ = ["home", "provision"]
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def taken(folder: Path) -> set[str]:
    """Return the files that `git add -A` adds in a new repository of this folder."""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (("init", "-q"), ("add", "-A")):
        subprocess.run(("git", *words), cwd=folder, env=os.environ | alone, check=True, timeout=60)
    listed = subprocess.run(
        ("git", "ls-files", "-z"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(filter(None, listed.stdout.split("\0")))


def opened(state: Path) -> None:
    Journal(state, "tap-dev", KINDS).open(HOLDER).close()


def test_of_a_project_that_was_made_nothing_of_ours(
    account: None, provision: Provision, home: Path
) -> None:
    assert provision("up", "--yes").code == 0
    assert (home / ".provision" / "dev" / "state.json").exists()
    assert not {name for name in taken(home) if name.startswith(".provision")}


@pytest.mark.emulator
def test_nor_of_what_the_emulator_saves(tmp_path: Path) -> None:
    root = tmp_path / ".provision" / "emulator"
    local.start(root, port=free_port(), report=quiet)
    local.stop(root)
    assert len(list(root.iterdir())) > 1
    assert taken(tmp_path) == set()


def test_a_state_that_is_there_already_is_kept_out_too(tmp_path: Path) -> None:
    (tmp_path / ".provision" / "dev").mkdir(parents=True)
    opened(tmp_path / ".provision" / "dev")
    assert taken(tmp_path) == set()


def link(file: Path, elsewhere: Path) -> None:
    file.symlink_to(elsewhere)


def letting_all_in(file: Path, _elsewhere: Path) -> None:
    file.write_text("!*\n")


def pipe(file: Path, _elsewhere: Path) -> None:
    os.mkfifo(file)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
@pytest.mark.parametrize("plant", [link, letting_all_in, pipe], ids=lambda plant: plant.__name__)
def test_what_a_checkout_brought_does_not_let_it_in(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    plant: Callable[[Path, Path], None],
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "precious"
    elsewhere.write_text("precious")
    (tmp_path / ".provision").mkdir()
    plant(tmp_path / ".provision" / ".gitignore", elsewhere)
    opened(tmp_path / ".provision" / "dev")
    assert taken(tmp_path) == set()
    assert elsewhere.read_text() == "precious"


def test_a_folder_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / ".provision" / ".gitignore").mkdir(parents=True)
    with pytest.raises(StateError, match="gitignore is not a regular file"):
        opened(tmp_path / ".provision" / "dev")


def test_a_state_elsewhere_is_the_users_to_keep_out(tmp_path: Path) -> None:
    opened(tmp_path / "state")
    assert not list(tmp_path.rglob(".gitignore"))
