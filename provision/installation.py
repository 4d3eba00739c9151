"""Commands that install missing parts or a newer version, fitting how this program was installed.

On the package index, the name `provision` belongs to another project. No hint may name it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

DISTRIBUTION: Final = "provision-serverless"
_EMULATOR_EXTRA: Final = "local"
_LARGEST_SCHEMA: Final = 9999
_SOURCES: Final = Path(__file__).resolve().parents[1]


def emulator_command() -> str:
    """Return the command that installs the embedded emulator for this program.

    It names the requirements from our own metadata, so it works for an installation from an index,
    a wheel or a folder. boto3 is included because the emulator pins a version of botocore that the
    installed boto3 may not accept.
    """
    asked = _requirements(_EMULATOR_EXTRA) + [
        each for each in _requirements() if _project(each) == "boto3"
    ]
    if asked:
        return install_command(*asked)
    return install_command(
        "--editable", f"{_SOURCES}[{_EMULATOR_EXTRA}]"
    )  # run from sources, not installed


def repair_command(project: str) -> str:
    """Return the command that reinstalls one of our requirements."""
    asked = [each for each in _requirements() if _project(each) == project]
    return install_command("--force-reinstall", *(asked or [project]))


def told_schemas(found: int, known: int) -> str:
    """Return both schema numbers in words, with the found one capped.

    A file that others can write may hold a number of thousands of digits.
    """
    number = str(found) if found <= _LARGEST_SCHEMA else f"above {_LARGEST_SCHEMA}"
    return f"schema {number}, this one knows {known}"


def upgrade_hint() -> str:
    """Return how to get a newer version of this program from the source of the current one."""
    extra = f"[{_EMULATOR_EXTRA}]" if importlib.util.find_spec("ministack") else ""
    origin = _origin()
    url = str(origin.get("url", ""))
    if not url and _installed():
        return f"`{install_command('--upgrade', DISTRIBUTION + extra)}`"
    if "vcs_info" in origin:
        source = origin["vcs_info"]
        revision = source.get("requested_revision")
        address = f"{source['vcs']}+{url}" + (f"@{revision}" if revision else "")
        return f"`{install_command('--upgrade', f'{DISTRIBUTION}{extra} @ {address}')}`"
    if "archive_info" in origin:
        return f"install a newer one than {_place(url)}"
    folder = _place(url) if url else str(_SOURCES)
    editable = ["--editable"] if origin.get("dir_info", {}).get("editable") or not url else []
    again = install_command("--upgrade", *editable, folder + extra)
    return f"bring {folder} up to date (`git -C {shlex.quote(folder)} pull`), then: `{again}`"


def install_command(*words: str) -> str:
    """Return the command that installs packages for the interpreter that runs this program.

    Environments made by uv have no pip. uv itself is always available: it is a requirement of ours.
    """
    if importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install"]
    else:
        installer = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*installer, *words])


def uv_command(*words: str) -> str:
    """Return a uv command that also works if uv is not on PATH."""
    program = ["uv"] if shutil.which("uv") else [sys.executable, "-m", "uv"]
    return shlex.join([*program, *words])


def _requirements(extra: str = "") -> list[str]:
    """Return our requirements without markers: those of the extra, or the unconditional ones."""
    found = []
    for requirement in (_installed() and importlib.metadata.requires(DISTRIBUTION)) or []:
        named, _, marker = requirement.partition(";")
        of_extra = re.search(r"""\bextra\s*==\s*["'](.+?)["']""", marker)
        if (of_extra[1] if of_extra else "") == extra:
            found.append(named.strip())
    return found


def _project(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _installed() -> bool:
    try:
        importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _origin() -> dict[str, Any]:
    """Return the origin that the installer recorded (direct_url.json); empty for an index.

    https://packaging.python.org/en/latest/specifications/direct-url/
    """
    if not _installed():
        return {}
    text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    try:
        record = json.loads(text or "{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _place(url: str) -> str:
    parts = urlsplit(url)
    return url2pathname(parts.path) if parts.scheme == "file" else url
