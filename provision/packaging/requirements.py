"""Reads a layer's requirements.txt as data: pinned packages with the hashes of their wheels.

Installers' formats can name other files, other indexes, sources to build and environment variables.
A pull request may change this file, so here it can do none of that: every line must be
`name[extra]==version ; marker --hash=sha256:…`; any other is an error that says what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from provision.files import Planted, read_regular
from provision.installation import uv_command

FILE: Final = "requirements.txt"
MOST_BYTES: Final = 1_048_576
MOST_FAULTS: Final = 20
"""The most faults reported at once: a file of another kind has one in every line."""
LONGEST: Final = 1_000
"""The most characters of a requirement without its hashes. Patterns are slow on longer ones."""

_SHOWN: Final = 60
_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_OPTION: Final = re.compile(r"\s+(?=-)")
_HASH: Final = re.compile(
    r"--hash(?:=|\s+)(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})", re.IGNORECASE
)
_NAME_OF_OPTION: Final = re.compile(r"--?[A-Za-z][A-Za-z-]*")
_MARKER: Final = re.compile(r"[A-Za-z0-9_.+*<>=!~()\"' -]*")
_ELSEWHERE: Final = re.compile(r"^[./~\\]|://|^[a-z]+\+|\.(whl|zip|tar\.gz|tgz)$|\s@\s")

_OTHER_FILES: Final = {"-r", "--requirement", "--requirements", "-c", "--constraint"}
_INDEXES: Final = {
    *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--no-index"),
    *("--trusted-host", "--index", "--default-index"),
}
_BUILDS: Final = {"--no-binary", "--only-binary", "--prefer-binary", "--no-build-isolation"}
_OWN_CODE: Final = {"-e", "--editable"}


@dataclass(frozen=True)
class Pin:
    """A package with the only files that are accepted. `marker` is "" if it is always needed."""

    name: str
    extras: tuple[str, ...]
    version: str
    marker: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" --hash={each}" for each in self.hashes)
        return f"{self.name}{extras}=={self.version}{marker}{hashes}"


@dataclass(frozen=True)
class RequirementFault:
    """A line that is not allowed: why, and what to write instead."""

    line: int
    message: str
    instead: str


def compile_command(source: Path) -> str:
    """Return the command that compiles requirements.txt, from requirements.in if that exists."""
    stem = (source / "requirements").as_posix()
    begin = ".in" if (source / "requirements.in").exists() else ".txt"
    command = ("pip", "compile", stem + begin, "-o", f"{stem}.txt")
    return uv_command(*command, "--universal", "--generate-hashes")


def read_requirements(source: Path) -> tuple[tuple[Pin, ...], tuple[RequirementFault, ...]]:
    """Return the pins and the faults of `source`/requirements.txt. Raise OSError."""
    file = source / FILE
    if file.is_symlink() and not file.resolve().is_relative_to(source.resolve()):
        raise Planted(file, "is a symbolic link out of its folder")
    content = read_regular(file, MOST_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (), (RequirementFault(line, "the file is not UTF-8 text", "save it as UTF-8"),)
    pins: list[Pin] = []
    faults: list[RequirementFault] = []
    for number, whole in _logical_lines(text):
        found = _read_line(number, whole, source)
        if isinstance(found, Pin):
            pins.append(found)
        else:
            faults.append(found)
            if len(faults) == MOST_FAULTS:
                break
    if not pins and not faults:
        instead = "write one, or remove the layer from config.yaml"
        faults = [RequirementFault(1, "the file names no package", instead)]
    return tuple(pins), tuple(faults)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines without comments, with the number of their first line.

    A line that ends with a backslash is joined with the next.
    """
    parts: list[str] = []
    first = 0
    for number, raw in enumerate([*text.split("\n"), ""], start=1):
        line = _COMMENT.sub("", raw.rstrip("\r"))
        first = first if parts else number
        goes_on = line.endswith("\\") and line == raw.rstrip("\r")
        parts.append(line.removesuffix("\\") if goes_on else line)
        if not goes_on:
            if whole := " ".join(" ".join(parts).split()):
                yield first, whole
            parts = []


def _read_line(number: int, line: str, source: Path) -> Pin | RequirementFault:
    head, *options = _OPTION.split(line)
    if _HASH.fullmatch(head):
        said = "a hash without its package"
        return RequirementFault(number, said, "end the line before it with a backslash")
    if fault := _option_fault(number, [head] if head.startswith("-") else options, source):
        return fault
    if "$" in line:
        return RequirementFault(
            number, "variables of the environment are not replaced", "write the value"
        )
    wanted = _requirement(number, head)
    return wanted if isinstance(wanted, RequirementFault) else _pin(number, wanted, options, source)


def _requirement(number: int, head: str) -> Requirement | RequirementFault:
    """Return name, version and marker as the `packaging` library reads them, or a fault."""
    if len(head) > LONGEST:
        said = f"`{_shown(head)}` has more than {LONGEST:,} characters"
        return RequirementFault(number, said, "write name==version --hash=sha256:…")
    try:
        wanted = Requirement(head)
    except (InvalidRequirement, RecursionError):
        if _ELSEWHERE.search(head):
            return _not_from_the_index(number, "a path or an address")
        said = f"`{_shown(head)}` is no package with its version"
        return RequirementFault(number, said, "write name==version --hash=sha256:…")
    if wanted.url:
        return _not_from_the_index(number, f"the address of {wanted.name}")
    if _ELSEWHERE.search(wanted.name):
        return _not_from_the_index(number, "a path")
    if not _MARKER.fullmatch(str(wanted.marker or "")):
        return RequirementFault(
            number,
            f"the marker of {wanted.name} has characters that no marker needs",
            'write one such as: ; python_version < "3.12"',
        )
    return wanted


def _pin(
    number: int, wanted: Requirement, options: list[str], source: Path
) -> Pin | RequirementFault:
    version = _pinned_version(wanted)
    if version is None:
        asked = f"{wanted.name}{wanted.specifier}"
        return RequirementFault(
            number,
            f"{_shown(asked)} leaves the version open",
            f"pin one with ==, and everything it needs: `{compile_command(source)}`",
        )
    hashes = tuple(sorted({found[1].lower() for each in options if (found := _HASH.match(each))}))
    if not hashes:
        return RequirementFault(
            number,
            f"{wanted.name} has no hash, so any file that an index serves under that name would be"
            " accepted",
            f"write the hashes: `{compile_command(source)}`",
        )
    name, extras = canonicalize_name(wanted.name), tuple(sorted(wanted.extras))
    return Pin(name, extras, version, str(wanted.marker or ""), hashes)


def _pinned_version(wanted: Requirement) -> str | None:
    match list(wanted.specifier):
        case [only] if only.operator == "==" and not only.version.endswith(".*"):
            return only.version
        case _:
            return None


def _option_fault(number: int, options: list[str], source: Path) -> RequirementFault | None:
    """Return a fault for the first unsupported option, without its value: it may be a password."""
    for option in options:
        if _HASH.fullmatch(option.strip()):
            continue
        found = _NAME_OF_OPTION.match(option)
        name = found[0] if found else "-"
        if name == "--hash":
            said, instead = "this hash cannot be used", "write --hash=sha256: and 64 hex digits"
        elif name in _OTHER_FILES:
            said = f"{name}: no other file is read"
            instead = f"write its packages here, or compile them all: `{compile_command(source)}`"
        elif name in _INDEXES:
            said = f"{name}: the index is set in the environment, not in this file"
            instead = "remove it, and set UV_DEFAULT_INDEX or UV_INDEX in the environment"
        elif name in _BUILDS:
            said = f"{name}: only wheels are installed, and nothing is built"
            instead = "remove it"
        elif name in _OWN_CODE:
            return _not_from_the_index(number, name)
        else:
            said, instead = f"{name}: no options are read", "remove it"
        return RequirementFault(number, said, instead)
    return None


def _not_from_the_index(number: int, what: str) -> RequirementFault:
    return RequirementFault(
        number,
        f"{what}: packages come from the index, as wheels",
        "write name==version --hash=sha256:… of a wheel there; or put the code into the function's"
        " folder",
    )


def _shown(text: str) -> str:
    """Return the beginning of the text, printable, for an error."""
    text = "".join(each if each.isprintable() else "?" for each in text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
