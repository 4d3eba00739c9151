"""How this program was installed: what installs the parts it lacks, or a newer version of it.

On the package index the name `provision` belongs to another project. No hint may name it.
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
_LOCAL: Final = "local"
_LARGEST_SCHEMA: Final = 9999
_SOURCES: Final = Path(__file__).resolve().parents[1]


def emulator_command() -> str:
    """Return the command that installs the embedded emulator beside this program.

    It names the requirement of our own metadata, so it works for an installation from an index, a
    wheel or a folder. boto3 is named too, because the emulator pins a version of botocore that
    the installed boto3 may not accept.
    """
    asked = _requirements(_LOCAL) + [each for each in _requirements() if _project(each) == "boto3"]
    if asked:
        return install_command(*asked)
    return install_command("--editable", f"{_SOURCES}[{_LOCAL}]")  # never installed: only sources


def repair_command(project: str) -> str:
    """Return the command that installs one of our requirements again."""
    asked = [each for each in _requirements() if _project(each) == project]
    return install_command("--force-reinstall", *(asked or [project]))


def told_schemas(found: int, known: int) -> str:
    """Both in words. A file that anybody may write can hold a number of thousands of digits."""
    number = str(found) if found <= _LARGEST_SCHEMA else f"above {_LARGEST_SCHEMA}"
    return f"schema {number}, this one knows {known}"


def upgrade_hint() -> str:
    """Return how to get a newer version of this program, from where this one came."""
    extra = f"[{_LOCAL}]" if importlib.util.find_spec("ministack") else ""
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

    Environments made by uv have no pip. uv itself is always there: it is one of our requirements.
    """
    if importlib.util.find_spec("pip"):
        installer = [sys.executable, "-m", "pip", "install"]
    else:
        installer = [sys.executable, "-m", "uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*installer, *words])


def uv_command(*words: str) -> str:
    """Return a command of uv, which is installed beside this program and need not be on PATH."""
    program = ["uv"] if shutil.which("uv") else [sys.executable, "-m", "uv"]
    return shlex.join([*program, *words])


def _requirements(extra: str = "") -> list[str]:
    """Our requirements without their markers: those of an extra, or those always asked for."""
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
    """Return what the installer recorded about the origin; empty for an index."""
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
