"""Runs uv for a layer: installs pinned wheels from the index that the user's environment names.

The checkout reaches uv only as a list of pins that we wrote. uv runs in a folder without other
files, reads no settings file, and gets only the environment variables named here. So it has no
other credentials that it could send anywhere, and it builds and runs nothing.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import uv

from provision.errors import ProvisionError
from provision.installation import repair_command
from provision.packaging.folder import UNZIPPED_LIMIT
from provision.packaging.requirements import Pin, compile_command
from provision.packaging.target import Target

_SECONDS: Final = 600
MOST_BYTES: Final = UNZIPPED_LIMIT
"""The most bytes of a file that uv writes: a wheel of some KB may unpack to any size."""
_BOUNDED: Final = (
    "import os, resource, sys; most, (_, hard) = int(sys.argv[1]), resource.getrlimit("
    "resource.RLIMIT_FSIZE); resource.setrlimit(resource.RLIMIT_FSIZE,"
    " (most if hard < 0 or hard > most else hard, hard)); os.execv(sys.argv[2], sys.argv[2:])"
)
"""The code that limits file sizes and becomes uv. Python ignores SIGXFSZ, and uv inherits that, so
a write above the limit fails with an error instead of ending uv."""
_INDEXES: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_PATHS: Final[Mapping[str, str | None]] = {
    "UV_CACHE_DIR": None,
    "UV_FIND_LINKS": ",",
    "SSL_CERT_FILE": None,
    "SSL_CERT_DIR": os.pathsep,
    "SSL_CLIENT_CERT": None,
    "NETRC": None,
}
"""Variables that hold paths → separator, or None for a single path. The paths are made absolute,
because uv runs in another folder than the user."""

PASSED_ON: Final = frozenset(
    {
        *_INDEXES,
        *_PATHS,
        # locations of the user's caches and stored logins, and of temporary files
        *("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
        *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL"),
        # needed to start the Python whose version uv queries
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        # how to reach the index
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
        *("UV_INDEX_STRATEGY", "UV_NO_INDEX", "UV_OFFLINE", "UV_NO_CACHE"),
        *("UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_REQUEST_TIMEOUT"),
        "UV_CONCURRENT_DOWNLOADS",
    }
)
_LOGINS: Final = re.compile(r"UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)")
"""Variables with the login of a named index."""


class WheelInstallFailed(ProvisionError):
    """Packages that cannot be installed for the target or do not match their hashes."""


def install(
    pins: Sequence[Pin], source: Path, target: Target, folder: Path, downloads: Path | None
) -> None:
    """Install the pins into `folder`/packages; `folder` must be empty.

    `source` is the layer's folder, for errors. `downloads` is uv's cache; None for the user's.
    """
    (folder / "pins.txt").write_text("".join(f"{pin}\n" for pin in pins), "utf-8")
    command = ["pip", "install", "--no-config", "--requirements", "pins.txt"]
    command += ["--target", "packages", "--no-deps", "--require-hashes", *target.options]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--no-progress"]
    command += ["--color", "never"]
    given = environment(os.environ, downloads)
    try:
        done = subprocess.run(
            [*_within(MOST_BYTES), _program(), *command],
            cwd=folder,
            env=given,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise WheelInstallFailed(
            f"layer {source}: installing its packages took more than {_SECONDS} seconds",
            hint="check the network, then run it again: what was downloaded is kept",
        ) from error
    except OSError as error:
        raise WheelInstallFailed(
            f"layer {source}: uv cannot be started: {error}",
            hint=f"`{repair_command('uv')}`",
        ) from error
    if done.returncode:
        said = done.stderr[done.stderr.find("error:") :].partition("\nhint:")[0].strip()
        said = without_secrets(said.removeprefix("error:").strip(), given)
        first, *more = said.split("\n")
        raise WheelInstallFailed(
            f"layer {source}: its packages cannot be installed for {target.name}: {first}",
            more=more,
            hint=_remedy(said, source, target),
        )


def _program() -> str:
    """Return the path of uv. Raise OSError if it cannot be run, which `_BOUNDED` would hide."""
    found = uv.find_uv_bin()
    if not os.access(found, os.X_OK):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), found)
    return found


def _within(most: int) -> Sequence[str]:
    """Return the prefix of a command that limits its files to `most` bytes; empty on Windows."""
    if sys.platform == "win32":
        return ()
    return (sys.executable, "-I", "-S", "-c", _BOUNDED, str(most))


def environment(ours: Mapping[str, str], downloads: Path | None) -> dict[str, str]:
    """Return uv's environment, a selection of ours. PIP_INDEX_URL is used if uv has no index."""
    given = {
        name: _absolute(value, _PATHS[name]) if name in _PATHS else value
        for name, value in ours.items()
        if name in PASSED_ON or _LOGINS.fullmatch(name)
    }
    if "PIP_INDEX_URL" in ours and not given.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
        given["UV_DEFAULT_INDEX"] = ours["PIP_INDEX_URL"]
    if downloads is not None:
        given["UV_CACHE_DIR"] = str(downloads)
    return given


def _absolute(value: str, separator: str | None) -> str:
    """Return the path or paths made absolute from the user's folder; URLs stay unchanged."""
    parts = [part.strip() for part in (value.split(separator) if separator else [value])]
    whole = (part if "://" in part else str(Path(part).absolute()) for part in parts if part)
    return (separator or "").join(whole)


def without_secrets(said: str, given: Mapping[str, str]) -> str:
    """Return uv's message without logins and queries.

    Of index URLs from the environment only the host stays: some have their token in the path.
    """
    for name in (*_INDEXES, "UV_FIND_LINKS"):
        for address in re.findall(r"[a-z]+://[^\s,]+", given.get(name, "")):
            parts = urlsplit(address)
            host, path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
            for begin in (parts.netloc, host) if path else ():
                said = said.replace(f"{begin}{path}", f"{host}/***")
    for name, value in given.items():
        if _LOGINS.fullmatch(name) and value:
            said = said.replace(value, "***")
    said = re.sub(r"(?<=://)[^/@\s]+@", "***@", said)
    return re.sub(r"(://[^\s?#)`'\"]*)[?#][^\s)`'\"]*", r"\1", said)


def _remedy(said: str, source: Path, target: Target) -> str:
    if "no usable wheels" in said or "has no wheels" in said:
        return (
            f"pin a version that has a wheel for {target.name} in {source / 'requirements.in'}, or "
            "choose another runtime or architecture in config.yaml; then: "
            f"`{compile_command(source)}`"
        )
    if "File too large" in said:
        return "its files are larger than Lambda takes of all: pin another version"
    if "Hash mismatch" in said:
        return f"write the hashes anew: `{compile_command(source)}`"
    if "Failed to fetch" in said or "not found in the cache" in said or "request" in said:
        return (
            "check the network (and UV_OFFLINE, UV_DEFAULT_INDEX, HTTPS_PROXY: settings files of "
            "uv and pip are not read), then run it again."
        )
    return f"correct {source / 'requirements.txt'}, or write it anew: `{compile_command(source)}`"
