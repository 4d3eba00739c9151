"""Builds a layer from its requirements.txt, once for each content, runtime and architecture."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from provision.packaging.archive import Archive, zip_files
from provision.packaging.cache import Cache
from provision.packaging.folder import PackagingFailed, list_all_files
from provision.packaging.growth import remove
from provision.packaging.installed_files import make_portable
from provision.packaging.installer import install
from provision.packaging.requirements import FILE, Pin, compile_command, read_requirements
from provision.packaging.target import Target, check_machine


def build_layer(source: Path, *, runtime: str, architecture: str, cache: Cache) -> Archive:
    """Install the pins of source/requirements.txt for the runtime and architecture and zip them.

    The runtime `local` is this machine. Raises PackagingFailed if the file is not a list of pins,
    WheelInstallFailed if a package has no wheel for the target or cannot be downloaded, and
    WrongTarget if an installed file is for another machine.
    """
    pins = _pins(source)
    target = Target.of(runtime, architecture)
    inputs = {
        "target": target.identity,
        "pins": hashlib.sha256("\n".join(map(str, pins)).encode()).hexdigest(),
    }
    if kept := cache.layer(inputs):
        return kept
    with _scratch() as folder:
        install(pins, source, target, folder, cache.downloads)
        packages = folder / "packages"
        make_portable(packages)
        files = {f"python/{name}": path for name, path in list_all_files(packages).items()}
        if target.elf_machine is not None:
            check_machine(files, target)
        bundle = zip_files(files, str(source))
    cache.keep_layer(inputs, bundle)
    return bundle


@contextmanager
def _scratch() -> Iterator[Path]:
    """Yield an empty folder and delete it afterwards with its content."""
    folder = Path(tempfile.mkdtemp(prefix="provision-layer-"))
    try:
        yield folder
    finally:
        remove(folder)


def _pins(source: Path) -> Sequence[Pin]:
    file = source / FILE
    try:
        pins, faults = read_requirements(source)
    except OSError as error:
        raise PackagingFailed(
            f"layer {source}: {FILE} cannot be read: {error.strerror}",
            hint=f"write {source / 'requirements.in'}, then: `{compile_command(source)}`",
        ) from error
    if faults:
        first, *more = (f"{file}:{each.line}: {each.message}; {each.instead}" for each in faults)
        raise PackagingFailed(
            first,
            more=more,
            hint=f"correct {file}, then: `provision config check`",
        )
    return pins
