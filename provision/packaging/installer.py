"""Runs uv for a layer: installs pinned wheels from the index that the user's environment names.

The only content of a checkout that reaches uv is a list of pins, which we write. uv works in a
folder without any other file, reads no settings file, and gets only the variables named here. So
it has no credential to send elsewhere, and builds and runs nothing.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import platformdirs
import uv
from packaging.utils import canonicalize_name

from provision.errors import ProvisionError
from provision.installation import repair_command, uv_command
from provision.packaging.growth import Growth, TooMuch
from provision.packaging.installer_process import SECONDS, Ended, run
from provision.packaging.requirements import FILE, Pin, compile_command
from provision.packaging.target import Target

_INDEXES: Final = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_PATHS: Final[Mapping[str, str | None]] = {
    "UV_CACHE_DIR": None,
    "UV_FIND_LINKS": ",",
    "SSL_CERT_FILE": None,
    "SSL_CERT_DIR": os.pathsep,
    "SSL_CLIENT_CERT": None,
    "NETRC": None,
}
"""The variables that hold paths, and their separator; uv works in another folder than the user."""

_SHOWN: Final = 200
_CLEANING: Final = 60
"""The limit for cleaning the cache, in seconds."""

PASSED_ON: Final = frozenset(
    {
        *_INDEXES,
        *_PATHS,
        # the folders of the user's caches and stored logins, and for temporary files
        *("HOME", "USERPROFILE", "LOCALAPPDATA", "APPDATA", "XDG_CACHE_HOME", "XDG_DATA_HOME"),
        *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LANG", "LC_ALL"),
        # needed to start the Python that uv asks for its version
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        # the way to the index
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
        *("UV_INSECURE_HOST", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS"),
        *("UV_INDEX_STRATEGY", "UV_NO_INDEX", "UV_OFFLINE", "UV_NO_CACHE"),
        *("UV_HTTP_TIMEOUT", "UV_HTTP_CONNECT_TIMEOUT", "UV_HTTP_RETRIES", "UV_REQUEST_TIMEOUT"),
        "UV_CONCURRENT_DOWNLOADS",
    }
)
_LOGINS: Final = re.compile(r"UV_INDEX_[A-Z0-9_]+_(USERNAME|PASSWORD)")
"""The variables with the login of an index that has a name."""


class WheelInstallFailed(ProvisionError):
    """The packages cannot be installed for the target, or are not as pinned."""


def install(
    pins: Sequence[Pin], source: Path, target: Target, folder: Path, downloads: Path | None
) -> None:
    """Install the pins into `folder`/packages; `folder` must be empty.

    `source` is the layer's folder, for error messages. `downloads` is uv's cache; None means the
    user's own. Raises `WheelInstallFailed`.
    """
    (folder / "pins.txt").write_text("".join(f"{pin}\n" for pin in pins), "utf-8")
    command = ["pip", "install", "--no-config", "--requirements", "pins.txt"]
    command += ["--target", "packages", "--no-deps", "--require-hashes", *target.options]
    command += ["--only-binary", ":all:", "--link-mode", "copy", "--no-progress"]
    command += ["--color", "never"]
    given = environment(os.environ, downloads)
    if _is_yes(given.pop("UV_NO_INDEX", "")):  # uv has an option for it, and no variable
        command.append("--no-index")
    cache = _cache(given, folder)
    given["UV_CACHE_DIR"] = str(cache)
    growth = Growth.since_now(folder, cache)
    try:
        ended = run([_program(), *command], growth, given)
    except TooMuch as error:
        left = None if _clean(growth, pins, given) else cache
        raise _refused(error, pins, source, left) from error
    except subprocess.TimeoutExpired as error:
        raise WheelInstallFailed(
            f"layer {source}: installing its packages took more than {SECONDS} seconds",
            hint="check the network, then run it again: what was downloaded is kept",
        ) from error
    except OSError as error:
        raise WheelInstallFailed(
            f"layer {source}: uv cannot be started: {error}",
            hint=f"`{repair_command('uv')}`",
        ) from error
    if ended.code:
        said = without_secrets(_reason(ended), given)
        first, *more = said.split("\n")
        raise WheelInstallFailed(
            f"layer {source}: its packages cannot be installed for {target.name}: {first}",
            more=more,
            hint=_remedy(said, source, target),
        )


def _refused(
    error: TooMuch, pins: Sequence[Pin], source: Path, left: Path | None
) -> WheelInstallFailed:
    """Return the error for packages that are too large.

    If several are pinned, the package is identified by the wheel's top-level names, which the
    wheel itself chose. `left` is the cache in which files remain.
    """
    names = {canonicalize_name(name.partition("-")[0]) for name in error.names}
    known = [f"{pin.name}=={pin.version}" for pin in pins if len(pins) == 1 or pin.name in names]
    more = [f"the most of it: {', '.join(known or error.names)[:_SHOWN]}"]
    if left:
        prune = uv_command("cache", "prune", "--cache-dir", str(left))
        more.append(f"some is left in uv's cache: once no other uv runs, `{prune}` deletes it")
    return WheelInstallFailed(
        f"layer {source}: uv was stopped, because its packages unpack to {error.what}",
        more=more,
        hint=f"remove it, or pin another version in {_asked(source)}; then: "
        f"`{compile_command(source)}`",
    )


def _clean(growth: Growth, pins: Sequence[Pin], given: Mapping[str, str]) -> bool:
    """Delete the additions to the cache; return whether none are left.

    uv itself deletes complete packages, since it knows its other notes of them; it deletes every
    version of these names.
    """
    if not growth.forget():
        return False
    names = {canonicalize_name(name) for name in growth.finished()} & {pin.name for pin in pins}
    if not names:
        return True
    command = [_program(), "cache", "clean", "--no-config", *sorted(names)]
    with suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command, env=given, capture_output=True, timeout=_CLEANING, check=False
        )
        return done.returncode == 0
    return False


def _asked(source: Path) -> Path:
    """Return the file in which users write the requirements."""
    written = source / "requirements.in"
    return written if written.exists() else source / FILE


def _reason(ended: Ended) -> str:
    """Return uv's error without its hints, which name options that we do not pass."""
    _, error, told = ended.said.partition("error:")
    said = (told if error else ended.said).partition("\nhint:")[0].strip()
    if ended.code < 0:
        return f"uv was ended by signal {-ended.code}\n{said}".strip()
    return said or f"uv ended with {ended.code} and printed nothing"


def _cache(given: dict[str, str], folder: Path) -> Path:
    """Return uv's cache, which is always passed to uv: its growth is measured there."""
    if _is_yes(given.get("UV_NO_CACHE", "")):
        del given["UV_NO_CACHE"]
        return folder / "cache"
    if place := given.get("UV_CACHE_DIR"):
        return Path(place)
    try:
        users = platformdirs.user_cache_path("uv", appauthor=False)
        if sys.platform == "darwin" and not users.exists():  # uv's older place of two
            users = Path(given.get("XDG_CACHE_HOME") or Path.home() / ".cache", "uv")
    except RuntimeError:  # no home directory
        return folder / "cache"
    return users if users.is_absolute() else folder / "cache"


def _is_yes(value: str) -> bool:
    """Return whether uv reads the value as true."""
    return value.lower() in {"1", "true", "yes", "on", "y", "t"}


def _program() -> str:
    """Return the path of uv; raise OSError if it cannot be executed.

    The program that sets its limits and then becomes uv would not report that.
    """
    found = uv.find_uv_bin()
    if not os.access(found, os.X_OK):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), found)
    return found


def environment(ours: Mapping[str, str], downloads: Path | None) -> dict[str, str]:
    """Return the variables of `ours` that uv gets; pip's index is used if uv has none."""
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
    """Return the path or paths as absolute ones; URLs stay unchanged."""
    parts = [part.strip() for part in (value.split(separator) if separator else [value])]
    whole = (part if "://" in part else str(Path(part).absolute()) for part in parts if part)
    return (separator or "").join(whole)


def without_secrets(said: str, given: Mapping[str, str]) -> str:
    """Return uv's message without logins and query strings.

    URLs from the environment are cut to their host: some indexes have their token in the path.
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
            f"pin a version that has a wheel for {target.name} in {_asked(source)}, or "
            "choose another runtime or architecture in config.yaml; then: "
            f"`{compile_command(source)}`"
        )
    if "File too large" in said:
        return "its files are larger than Lambda allows for all layers: pin another version"
    if "memory allocation" in said:
        return "its files take more memory than any layer does: pin another version"
    if "Hash mismatch" in said:
        return f"update the hashes: `{compile_command(source)}`"
    if "Failed to fetch" in said or "not found in the cache" in said or "request" in said:
        return (
            "check the network (and UV_OFFLINE, UV_DEFAULT_INDEX, HTTPS_PROXY: settings files of "
            "uv and pip are not read), then run it again."
        )
    return (
        f"correct {source / 'requirements.txt'}, or compile it again: `{compile_command(source)}`"
    )
