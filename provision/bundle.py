"""Zips for Lambda, of a function's folder or a layer: the same bytes for the same content."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tempfile
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from provision.errors import ProvisionError
from provision.private import make_private
from provision.wheels import Target, check_machine, compile_command, install

ZIPPED_LIMIT = 52_428_800  # L23
UNZIPPED_LIMIT = 262_144_000  # L23: the function and all its layers together

_FORMAT = 1  # part of the cache key: raise it when the same requirements shall give another zip
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip can hold
_MODE = (
    0o100755  # one mode for all: Windows has no other, and a helper program must stay executable
)
# What an installer writes about the machine it ran on.
_INSTALLER_NOTES = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}


class BundleFailed(ProvisionError):
    """A function's or layer's folder cannot be turned into what Lambda takes."""


@dataclass(frozen=True)
class Bundle:
    """A zip as it is uploaded."""

    content: bytes
    sha256: str  # hexadecimal, for the description of a layer version (L24)
    code_sha256: str  # L22: base64, as Lambda answers in CodeSha256

    @classmethod
    def of(cls, content: bytes) -> Bundle:
        digest = hashlib.sha256(content)
        return cls(content, digest.hexdigest(), base64.b64encode(digest.digest()).decode("ascii"))


def zip_directory(source: Path) -> Bundle:
    """Everything below a function's folder but dotfiles and bytecode; identical on every system."""
    return _bundle(files_below(source), str(source))


def build_layer(source: Path, *, runtime: str, architecture: str, cache: Path) -> Bundle:
    """Install source/requirements.txt for the runtime and architecture; `local` is this machine.

    Raises WheelsFailed when a package has no wheel for the target, when nothing can be downloaded,
    or when what was installed is for another machine.
    """
    requirements = source / "requirements.txt"
    try:
        wanted = requirements.read_bytes()
    except OSError as error:
        raise BundleFailed(
            f"layer {source}: {requirements.name} cannot be read: {error.strerror}",
            hint=f"Write {source / 'requirements.in'}, then: `{compile_command(source)}`",
        ) from error
    target = Target.of(runtime, architecture)
    key = hashlib.sha256(
        "\n".join((str(_FORMAT), target.identity, wanted.hex())).encode()
    ).hexdigest()
    if kept := _read_cache(cache, key):
        return kept
    with tempfile.TemporaryDirectory(prefix="provision-layer-") as folder:
        install(source, target, Path(folder))
        files = {
            f"python/{name}": path
            for name, path in files_below(Path(folder)).items()
            # `bin` holds scripts whose first line names the Python of this machine.
            if not name.startswith("bin/") and not _is_installer_note(name)
        }
        if target.elf_machine is not None:
            check_machine(files, target)
        bundle = _bundle(files, str(source))
    _write_cache(cache, key, bundle)
    return bundle


def files_below(source: Path) -> dict[str, Path]:
    """Files by their name in the zip. Raises `BundleFailed` where the folder is none."""
    if not source.is_dir():
        raise BundleFailed(
            f"{source} is not a folder", hint="Correct `source` in config.yaml, or make the folder."
        )
    files: dict[str, Path] = {}
    for folder, names, file_names in os.walk(source):
        names[:] = [name for name in names if name != "__pycache__" and not name.startswith(".")]
        for name in names:
            if (link := Path(folder, name)).is_symlink():
                raise BundleFailed(
                    f"{link} is a symbolic link to a folder, which a zip for Lambda cannot hold",
                    hint="Put the folder itself there.",
                )
        for name in file_names:
            if not name.startswith(".") and not name.endswith((".pyc", ".pyo")):
                path = Path(folder, name)
                # macOS may spell a name decomposed.
                zipped = unicodedata.normalize("NFC", path.relative_to(source).as_posix())
                files[zipped] = path
    return files


def _bundle(files: Mapping[str, Path], source: str) -> Bundle:
    if not files:
        raise BundleFailed(f"{source} holds nothing to put into a zip", hint="Put the code there.")
    contents = {name: read_file(path) for name, path in files.items()}
    unzipped = sum(map(len, contents.values()))
    if unzipped > UNZIPPED_LIMIT:
        raise _too_large(source, "unzipped", unzipped, UNZIPPED_LIMIT, contents)
    # L22: zlib, zlib-ng and Apple's zlib deflate the same bytes to different ones, and each
    # difference would be a new version. So nothing is compressed unless it must be to fit.
    content = _zipped(contents, zipfile.ZIP_STORED)
    if len(content) > ZIPPED_LIMIT:
        content = _zipped(contents, zipfile.ZIP_DEFLATED)
    if len(content) > ZIPPED_LIMIT:
        raise _too_large(source, "zipped", len(content), ZIPPED_LIMIT, contents)
    return Bundle.of(content)


def read_file(path: Path) -> bytes:
    """The content of one file of a folder. Raises `BundleFailed` where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleFailed(
            f"{path} cannot be read: {error.strerror}",
            hint="Make it readable, or take it out of the folder.",
        ) from error


def _zipped(contents: Mapping[str, bytes], compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # else it says on which system it was made
            entry.external_attr = _MODE << 16
            archive.writestr(entry, contents[name], compress_type=compression, compresslevel=9)
    return out.getvalue()


def _too_large(
    source: str, what: str, size: int, limit: int, contents: Mapping[str, bytes]
) -> BundleFailed:
    sizes: Counter[str] = Counter()
    for name, content in contents.items():
        parts = PurePosixPath(name).parts
        sizes[parts[1] if parts[0] == "python" and len(parts) > 1 else parts[0]] += len(content)
    largest = ", ".join(f"{name} {_megabytes(many)}" for name, many in sizes.most_common(10))
    return BundleFailed(
        f"{source} is {_megabytes(size)} {what}, and Lambda takes {_megabytes(limit)}; "
        f"the largest in it: {largest}",
        hint="Take out what the code does not import, or move it to another layer.",
    )


def _megabytes(size: int) -> str:
    return f"{size / 1_048_576:.1f} MiB"


def _is_installer_note(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parent.name.endswith(".dist-info") and path.name in _INSTALLER_NOTES


def _read_cache(cache: Path, key: str) -> Bundle | None:
    """The digest is part of the name, so a damaged file is built anew."""
    for file in cache.glob(f"{key}-*.zip"):
        bundle = Bundle.of(file.read_bytes())
        if file.name == f"{key}-{bundle.sha256}.zip":
            return bundle
    return None


def _write_cache(cache: Path, key: str, bundle: Bundle) -> None:
    try:
        make_private(cache)
        descriptor, name = tempfile.mkstemp(dir=cache, suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(bundle.content)
        Path(name).replace(cache / f"{key}-{bundle.sha256}.zip")
    except OSError as error:
        raise BundleFailed(
            f"{cache} cannot be written: {error.strerror}",
            hint="Free space there, or use --state DIR.",
        ) from error
