"""The interpreter and machine that a layer is built for, and a check of the installed files."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provision.errors import ProvisionError

LOCAL_RUNTIME: Final = "local"  # this machine and its Python

_FIRST_ON_AMAZON_LINUX_2023: Final = 12  # python3.12
_ELF_MACHINES: Final = {"x86_64": 62, "arm64": 183}
_UV_ARCHITECTURES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
_MACHINE_NAMES: Final = {"amd64": "x86_64", "aarch64": "arm64"}


class WrongTarget(ProvisionError):
    """A target that cannot be built for, or installed files that are for another machine."""


@dataclass(frozen=True)
class Target:
    """The interpreter and machine for which uv selects wheels."""

    name: str  # shown to the user
    options: tuple[str, ...]
    identity: str
    elf_machine: int | None  # None: this machine does not use ELF files

    @classmethod
    def of(cls, runtime: str, architecture: str) -> Target:
        builder = f"uv {importlib.metadata.version('uv')}"
        if runtime == LOCAL_RUNTIME:
            machine = platform.machine().lower()
            machine = _MACHINE_NAMES.get(machine, machine)
            here = f"{sys.platform} {machine} {sys.implementation.cache_tag}"
            elf = _ELF_MACHINES.get(machine) if sys.platform == "linux" else None
            return cls(
                name=f"this machine ({machine})",
                options=("--python", sys.executable),
                identity=f"{builder}, {here}",
                elf_machine=elf,
            )
        version = re.fullmatch(r"python3\.(\d+)", runtime)
        if version is None or architecture not in _UV_ARCHITECTURES:
            raise WrongTarget(
                f"no layer can be built for runtime {runtime} on {architecture}",
                hint="use a runtime such as python3.13, and arm64 or x86_64",
            )
        # Lambda runs python3.12 and later on Amazon Linux 2023 (glibc 2.34), older ones on Amazon
        # Linux 2 (glibc 2.26; uv supports no version between 2.17 and 2.28).
        modern = int(version[1]) >= _FIRST_ON_AMAZON_LINUX_2023
        manylinux = "manylinux_2_34" if modern else "manylinux2014"
        options = (
            *("--python", sys.executable),
            *("--python-platform", f"{_UV_ARCHITECTURES[architecture]}-{manylinux}"),
            *("--python-version", runtime.removeprefix("python")),
        )
        name = f"{runtime} on {architecture}"
        identity = f"{builder}, {' '.join(options[2:])}"
        return cls(name, options, identity, _ELF_MACHINES[architecture])


def check_machine(files: Mapping[str, Path], target: Target) -> None:
    for name, path in sorted(files.items()):
        if not re.search(r"\.so(\.[0-9.]+)?$", name):
            continue
        with path.open("rb") as file:
            head = file.read(20)
        machine = int.from_bytes(head[18:20], "little") if head[:4] == b"\x7fELF" else None
        if machine != target.elf_machine:
            names = {number: label for label, number in _ELF_MACHINES.items()}
            found = (
                names.get(machine, "another machine") if machine else "something else than Linux"
            )
            raise WrongTarget(
                f"layer: {name} is for {found}, and {target.name} cannot load it",
                hint="its wheel is mislabelled: pin another version of that package in"
                " requirements.in and compile it again.",
            )
