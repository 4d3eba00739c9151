"""The Python environment of functions on the emulator, with only the packages that Lambda has.

MiniStack runs functions with its own interpreter, which can also import all dependencies of this
tool. A function whose zip lacks `pydantic`, for example, would work here and fail in AWS.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import importlib
import importlib.metadata
import os
import shutil
import sysconfig
import venv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_SHIPPED: Final = "boto3"
"""The package that Lambda's runtimes include, with its dependencies:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html#python-sdk-included."""

_PATH_IS_COMPLETE: Final = "    _ms_install_invoke_depth()\n    try:\n"
_SOURCE_FIRST: Final = "    sys.path.remove(code_dir)\n    sys.path.insert(0, code_dir)\n"
"""Code that puts a function's folder before its layers in `sys.path`, as in Lambda; MiniStack's
worker puts it after them."""
_LOADING: Final = '"error": str(e)}) + "\\n")\n        _real_stdout.flush()\n        return\n'
"""The end of the report that the code cannot be loaded; MiniStack's has the exception's text."""
_LOADING_TOLD: Final = _LOADING.replace("str(e)", "_loading_failure(e, module_name, handler_name)")
_CALL: Final = '"error": str(e), "trace": traceback.format_exc()})'
"""The end of the report that the handler raised."""
_CALL_TOLD: Final = '"error": _failure(e), "trace": ""})'
_BEFORE: Final = ("sandbox_files.py", "worker_errors.py")
"""The files whose text runs in the worker before MiniStack's script."""
_FUTURE: Final = "from __future__ import annotations\n"


def install(folder: Path) -> None:
    """Create the environment in `folder` and patch MiniStack to use it.

    Called once, in the emulator's process, before it serves.
    """
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    program = make_python(folder)
    texts = [Path(__file__).with_name(name).read_text("utf-8") for name in _BEFORE]
    before = _FUTURE + "".join(text.replace(_FUTURE, "") for text in texts)
    detect = runtime._detect_runtime_binary
    runtime._detect_runtime_binary = partial(_worker, detect, str(program), before)
    os.environ["PYTHONSAFEPATH"] = "1"  # no imports from the folder of the worker's script


def make_python(folder: Path) -> Path:
    """Create a virtual environment with the packages of Lambda's runtimes; return its Python."""
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(folder)
    base = {"base": str(folder), "platbase": str(folder)}
    packages = Path(sysconfig.get_path("purelib", "venv", base))
    for distribution in _shipped():
        for name in _top_names(distribution):
            _link(Path(str(distribution.locate_file(name))), packages / name)
    programs = Path(sysconfig.get_path("scripts", "venv", base))
    return programs / ("python.exe" if os.name == "nt" else "python")


def _worker(detect: Any, program: str, before: str, runtime: str) -> tuple[str, str]:
    """Return the interpreter and the script with which MiniStack starts a function."""
    binary, script = detect(runtime)
    if not runtime.startswith("python"):
        return binary, script
    script = script.replace(_PATH_IS_COMPLETE, _SOURCE_FIRST + _PATH_IS_COMPLETE)
    script = script.replace(_LOADING, _LOADING_TOLD).replace(_CALL, _CALL_TOLD)
    return program, before + script


def _shipped() -> Iterator[importlib.metadata.Distribution]:
    left, seen = [_SHIPPED], set()
    while left:
        name = canonicalize_name(left.pop())
        if name in seen:
            continue
        seen.add(name)
        distribution = importlib.metadata.distribution(name)
        yield distribution
        needed = map(Requirement, distribution.requires or ())
        left += [each.name for each in needed if not each.marker or each.marker.evaluate()]


def _top_names(distribution: importlib.metadata.Distribution) -> set[str]:
    """Return the distribution's top-level names in site-packages, its metadata included."""
    parts = {file.parts[0] for file in distribution.files or ()}
    return {part for part in parts if part not in {"..", "__pycache__", "bin", "Scripts"}}


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(source, target_is_directory=source.is_dir())
    except OSError:  # on Windows, links need a privilege
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
