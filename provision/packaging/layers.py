"""Builds a layer from wheels and own modules, once for each content, runtime and architecture."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from provision.packaging.archive import Archive, zip_files
from provision.packaging.cache import Cache
from provision.packaging.folder import (
    PackagingFailed,
    check_sizes,
    list_all_files,
    read_file,
)
from provision.packaging.growth import remove
from provision.packaging.installed_files import make_portable
from provision.packaging.installer import install
from provision.packaging.own_modules import OWN, check_separate, own_modules
from provision.packaging.requirements import FILE, Pin, compile_command, read_requirements
from provision.packaging.target import Target, check_machine


def build_layer(source: Path, *, runtime: str, architecture: str, cache: Cache) -> Archive:
    """Install the pins of source/requirements.txt for the runtime and architecture and zip them.

    The user's own modules, below source/python, are added. Either of the two may be missing. The
    runtime `local` is this machine. Raises PackagingFailed if the file is not a list of pins,
    WheelInstallFailed if a package has no wheel for the target or cannot be downloaded, and
    WrongTarget if an installed file is for another machine.
    """
    own = own_modules(source)
    pins = () if own and not (source / FILE).exists() else _pins(source)
    target = Target.of(runtime, architecture)
    inputs = {
        "target": target.identity,
        "pins": hashlib.sha256("\n".join(map(str, pins)).encode()).hexdigest(),
        **_digest_of(own),
    }
    if kept := cache.layer(inputs):
        return kept
    with _scratch() as folder:
        wheels = _installed(pins, source, target, folder, cache) if pins else {}
        check_separate(own, wheels, source)
        files = {f"{OWN}/{name}": path for name, path in (wheels | own).items()}
        if target.elf_machine is not None:
            check_machine(files, target)
        bundle = zip_files(files, str(source))
    cache.keep_layer(inputs, bundle)
    return bundle


def _installed(
    pins: Sequence[Pin], source: Path, target: Target, folder: Path, cache: Cache
) -> dict[str, Path]:
    """Return the files of the wheels, installed into the folder, as they are on any machine."""
    install(pins, source, target, folder, cache.downloads)
    packages = folder / "packages"
    make_portable(packages)
    return list_all_files(packages)


def _digest_of(own: Mapping[str, Path]) -> dict[str, str]:
    """Return the digest of the user's own modules as an input of the layer, if there are any."""
    if not own:
        return {}
    check_sizes(own, OWN)
    contents = {name: hashlib.sha256(read_file(own[name])).hexdigest() for name in sorted(own)}
    return {"own": hashlib.sha256(json.dumps(contents).encode()).hexdigest()}


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
