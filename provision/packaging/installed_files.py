"""Makes a folder of installed packages identical on every machine.

All files of the wheels stay. Files that the installer adds are deleted or rewritten: notes about
this machine, and scripts whose first line names the Python of this machine.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from provision.packaging.folder import PackagingFailed

_LOCK: Final = ".lock"  # uv locks the folder that it installs into
_NOTES: Final = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
_SCRIPTS: Final = "bin"
MAX_LISTED: Final = 33_554_432
"""The limit in bytes of a package's metadata file: 500 for each file that a layer may have."""
_INTERPRETER: Final = b"#!/usr/bin/env python3\n"
_STARTS_PYTHON: Final = re.compile(rb"#!(?:/bin/sh\n'''exec' )?[^\n]*\n(?:' '''\n)?")
_SCRIPT: Final = """\
#!/usr/bin/env python3
import sys

from {module} import {begin}

if __name__ == "__main__":
    sys.exit({call}())
"""


def make_portable(folder: Path) -> None:
    """Change the folder so that it holds nothing specific to the machine that filled it."""
    (folder / _LOCK).unlink(missing_ok=True)
    infos = [path for path in sorted(folder.glob("*.dist-info")) if path.is_dir()]
    for info in infos:
        for note in _NOTES:
            if (info / note).is_file():
                (info / note).unlink()
        _write_scripts(folder / _SCRIPTS, info)
    if (folder / _SCRIPTS).is_dir():
        for script in (folder / _SCRIPTS).iterdir():
            _name_any_python(script)
    for info in infos:
        _write_record(folder, info / "RECORD")


def _write_scripts(scripts: Path, info: Path) -> None:
    """Rewrite the scripts of a package's entry points; each installer writes its own form."""
    points = _points(info)
    for group in ("console_scripts", "gui_scripts"):
        for point in points.select(group=group):
            made = [scripts / point.name, scripts / f"{point.name}.exe"]
            plain = point.pattern.match(point.value) and Path(point.name).name == point.name
            if not plain or not any(map(_is_file, made)):
                continue
            for path in made:
                path.unlink(missing_ok=True)
            begin = point.attr.partition(".")[0]
            text = _SCRIPT.format(module=point.module, begin=begin, call=point.attr)
            made[0].write_text(text, "utf-8", newline="\n")


def _points(info: Path) -> importlib.metadata.EntryPoints:
    """Return the entry points of a package, or raise `PackagingFailed` if they cannot be read.

    uv may have accepted others: a wheel's data can hold a second folder of this kind.
    """
    _check_size(info / "entry_points.txt")
    try:
        return importlib.metadata.PathDistribution(info).entry_points
    except (ValueError, TypeError, AttributeError) as error:
        raise _strange(info / "entry_points.txt", "cannot be read") from error


def _name_any_python(script: Path) -> None:
    if not script.is_file() or script.is_symlink():
        return
    content = script.read_bytes()
    head = _STARTS_PYTHON.match(content)
    if head and sys.executable.encode() in head[0]:
        script.write_bytes(_INTERPRETER + content[head.end() :])


def _write_record(folder: Path, record: Path) -> None:
    """Rewrite a package's list of files, RECORD, to the files that exist inside the folder.

    A name that leads out would reveal a file of this machine.
    """
    if not record.is_file():
        return
    _check_size(record)
    try:
        rows = list(csv.reader(record.read_text("utf-8").splitlines()))
    except (ValueError, csv.Error) as error:
        raise _strange(record, "is no list of files") from error
    listed = io.StringIO()
    out = csv.writer(listed, lineterminator="\n")
    named = {row[0].replace("\\", "/"): row[1:] for row in rows if row}
    for name, told in sorted(named.items()):
        if _is_inside(name) and _is_file(folder / name):
            ours = name.startswith(f"{_SCRIPTS}/")
            out.writerow([name, *(_digest_and_size(folder / name) if ours else told)])
    record.write_text(listed.getvalue(), "utf-8", newline="\n")


def _is_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in name.split("/")


def _is_file(path: Path) -> bool:
    """Return whether the path is a file; False for a name that no file can have."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def _check_size(path: Path) -> None:
    if path.is_file() and path.stat().st_size > MAX_LISTED:
        raise _strange(path, f"has more than {MAX_LISTED // 1_048_576} MiB")


def _strange(path: Path, what: str) -> PackagingFailed:
    return PackagingFailed(
        f"layer: {path.parent.name}/{path.name} {what}",
        hint="pin another version of the package that brings it",
    )


def _digest_and_size(path: Path) -> tuple[str, str]:
    content = path.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha256={digest.rstrip('=')}", str(len(content))
