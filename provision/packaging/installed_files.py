"""Makes the files that an installer leaves in a folder the same on every machine.

All files of a wheel itself stay. Those that the installer adds are deleted or rewritten: notes
about this machine, and scripts whose first line names this machine's Python.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import importlib.metadata
import io
import re
import sys
from pathlib import Path
from typing import Final

_LOCK: Final = ".lock"  # in the folder itself, during the installation
_NOTES: Final = ("INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
_SCRIPTS: Final = "bin"
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
    """Remove everything from the folder that depends on the machine it was filled on."""
    (folder / _LOCK).unlink(missing_ok=True)
    for info in sorted(folder.glob("*.dist-info")):
        for note in _NOTES:
            (info / note).unlink(missing_ok=True)
        _write_scripts(folder / _SCRIPTS, info)
    if (folder / _SCRIPTS).is_dir():
        for script in (folder / _SCRIPTS).iterdir():
            _name_any_python(script)
    for info in folder.glob("*.dist-info"):
        _write_record(folder, info / "RECORD")


def _write_scripts(scripts: Path, info: Path) -> None:
    """Rewrite the scripts of a package's entry points, which every installer writes differently."""
    points = importlib.metadata.PathDistribution(info).entry_points
    for group in ("console_scripts", "gui_scripts"):
        for point in points.select(group=group):
            made = [scripts / point.name, scripts / f"{point.name}.exe"]
            plain = point.pattern.match(point.value) and Path(point.name).name == point.name
            if not plain or not any(path.is_file() for path in made):
                continue
            for path in made:
                path.unlink(missing_ok=True)
            begin = point.attr.partition(".")[0]
            text = _SCRIPT.format(module=point.module, begin=begin, call=point.attr)
            made[0].write_text(text, "utf-8", newline="\n")


def _name_any_python(script: Path) -> None:
    if not script.is_file() or script.is_symlink():
        return
    content = script.read_bytes()
    head = _STARTS_PYTHON.match(content)
    if head and sys.executable.encode() in head[0]:
        script.write_bytes(_INTERPRETER + content[head.end() :])


def _write_record(folder: Path, record: Path) -> None:
    """Rewrite a package's RECORD: only existing files, sorted, with current digests of scripts."""
    if not record.is_file():
        return
    rows = list(csv.reader(record.read_text("utf-8").splitlines()))
    listed = io.StringIO()
    out = csv.writer(listed, lineterminator="\n")
    for name, *told in sorted([row[0].replace("\\", "/"), *row[1:]] for row in rows if row):
        path = folder / name
        if path.is_file():
            ours = name.startswith(f"{_SCRIPTS}/")
            out.writerow([name, *(_digest_and_size(path) if ours else told)])
    record.write_text(listed.getvalue(), "utf-8", newline="\n")


def _digest_and_size(path: Path) -> tuple[str, str]:
    content = path.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode()
    return f"sha256={digest.rstrip('=')}", str(len(content))
