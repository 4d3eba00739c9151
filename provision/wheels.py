"""Installs a layer's packages for the machine Lambda runs: wheels only, by hash, then checked."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import uv

from provision.errors import ProvisionError
from provision.installed import repair_command

LOCAL = "local"  # the runtime that is this machine and its Python

_BUILD_SECONDS = 600
_FIRST_ON_AMAZON_LINUX_2023 = 12  # python3.12
_ELF_MACHINES = {"x86_64": 62, "arm64": 183}
_UV_ARCHITECTURES = {"x86_64": "x86_64", "arm64": "aarch64"}
_MACHINE_NAMES = {"amd64": "x86_64", "aarch64": "arm64"}


class WheelsFailed(ProvisionError):
    """The packages cannot be had for the target, or are not what they say."""


@dataclass(frozen=True)
class Target:
    """For which interpreter and machine uv picks the wheels."""

    name: str  # as the user reads it
    options: tuple[str, ...]
    identity: str
    elf_machine: int | None  # None: this machine does not use ELF files

    @classmethod
    def of(cls, runtime: str, architecture: str) -> Target:
        builder = f"uv {importlib.metadata.version('uv')}"
        if runtime == LOCAL:
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
            raise WheelsFailed(
                f"no layer can be built for runtime {runtime} on {architecture}",
                hint="Use a runtime such as python3.13, and arm64 or x86_64.",
            )
        # From python3.12 on Lambda runs on Amazon Linux 2023 (glibc 2.34), before on 2 (2.26).
        modern = int(version[1]) >= _FIRST_ON_AMAZON_LINUX_2023
        manylinux = "manylinux_2_28" if modern else "manylinux2014"
        options = (
            *("--python", sys.executable),
            *("--python-platform", f"{_UV_ARCHITECTURES[architecture]}-{manylinux}"),
            *("--python-version", runtime.removeprefix("python")),
        )
        name = f"{runtime} on {architecture}"
        identity = f"{builder}, {' '.join(options[2:])}"
        return cls(name, options, identity, _ELF_MACHINES[architecture])


def install(source: Path, target: Target, folder: Path) -> None:
    command = ["pip", "install", "--requirements", "requirements.txt"]
    command += ["--target", str(folder), "--no-deps", "--require-hashes", *target.options]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--no-progress"]
    command += ["--color", "never"]
    try:
        done = subprocess.run(
            [uv.find_uv_bin(), *command],
            cwd=source,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_BUILD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WheelsFailed(
            f"layer {source}: installing its packages took more than {_BUILD_SECONDS} seconds",
            hint="Check the network, then run it again: what was downloaded is kept.",
        ) from error
    except OSError as error:
        raise WheelsFailed(
            f"layer {source}: uv cannot be started: {error}",
            hint=f"`{repair_command('uv')}`",
        ) from error
    if done.returncode:
        said = done.stderr[done.stderr.find("error:") :].partition("\nhint:")[0].strip()
        first, *more = said.removeprefix("error:").strip().split("\n")
        raise WheelsFailed(
            f"layer {source}: its packages cannot be installed for {target.name}: {first}",
            more=more,
            hint=_remedy(said, source, target),
        )


def _remedy(said: str, source: Path, target: Target) -> str:
    if "no usable wheels" in said or "has no wheels" in said:
        return (
            f"Pin a version that has a wheel for {target.name} in {source / 'requirements.in'}, or "
            "choose another runtime or architecture in config.yaml; then: "
            f"`{compile_command(source)}`"
        )
    if "--require-hashes" in said or "Hash mismatch" in said:
        return f"Pin every package with its hash: `{compile_command(source)}`"
    if "Failed to fetch" in said or "not found in the cache" in said or "request" in said:
        return (
            "Check the network (and UV_OFFLINE, UV_DEFAULT_INDEX, HTTPS_PROXY), then run it again."
        )
    return f"Correct {source / 'requirements.txt'}, or write it anew: `{compile_command(source)}`"


def compile_command(source: Path) -> str:
    stem = (source / "requirements").as_posix()
    files = shlex.join([f"{stem}.in", "-o", f"{stem}.txt"])
    return f"uv pip compile {files} --universal --generate-hashes"


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
            raise WheelsFailed(
                f"layer: {name} is for {found}, and {target.name} cannot load it",
                hint="Its wheel is mislabelled: pin another version of that package in "
                "requirements.in and compile it anew.",
            )
