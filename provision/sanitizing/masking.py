"""Secret values, which AWS receives and which screens, documents, records and plans never contain.

An environment variable of a function is masked if its name says that it is secret or its value is
an address with a password. It is masked as soon as a `Function` has it, whether it comes from
config.yaml or from AWS. On disk only a slow digest (scrypt) is kept, salted with the names of
function and variable, so neither a precomputed table nor a fast list of guesses reveals the value.
A short value can still be guessed, but only slowly.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NoReturn

MASKED: Final = "(masked)"

_SECRET: Final = re.compile(
    r"(?i:passw(or)?d|passphrase|credential|private_?key|webhook_?url"
    r"|(^|_)secrets?_(?!(name|arn|id|path|version|region|ttl)s?$)"
    r"|(token|secrets?|(^|_)(keys?|pwd|pass|creds?|pat|dsn|salt)|(?<!max_)(?<!min_)tokens"
    r"|(api|access|auth|secret|signing|encryption)keys?)(_?v?\d+)?$)"
    r"|[a-z](Keys?|Pass)$"  # clientKey, but not MONKEY
)
_PASSWORD: Final = re.compile(r"://[^\s/@:]{0,256}:[^\s@]{1,1024}@")
"""An address that contains a password: `postgres://user:password@host`."""
_REFERENCE: Final = re.compile(r"ssm:/[A-Za-z0-9_./-]+|secretsmanager:[A-Za-z0-9/_+=.@-]+")
"""A reference to a stored secret, which is not secret itself: `{secret: …}` of config.yaml
becomes one."""
_RECORDED: Final = "masked"
"""The key of the digest in a record. Variables are text, so no plain value is such a mapping."""


class Masked:
    """A secret value, or only the digest of a recorded one. Instances compare by value."""

    __slots__ = ("_digest", "_salt", "_value")

    def __init__(self, value: str | None, salt: str, digest: str = "") -> None:
        self._value = value
        self._salt = salt
        self._digest = digest

    @property
    def digest(self) -> str:
        return self._digest if self._value is None else _digest(self._salt, self._value)

    def reveal(self) -> str:
        """Return the value, for AWS. Raise ValueError if only its digest is known."""
        if self._value is None:
            raise ValueError("the value of what was recorded masked is not known")
        return self._value

    def __repr__(self) -> str:
        return MASKED

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Masked):
            return NotImplemented
        if self._value is not None and other._value is not None:
            return self._value == other._value
        return self.digest == other.digest

    def __hash__(self) -> int:
        return hash(MASKED)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a masked value is not written down")


Variables = Mapping[str, Any]
"""Name → text or `Masked`. Typed as Any because record parsing does not accept a union of both."""


def says_secret(name: str) -> bool:
    """Return whether a variable's name says that its value is secret."""
    return bool(_SECRET.search(name))


def holds_password(text: str) -> bool:
    """Return whether the text contains an address with a password."""
    return bool(_PASSWORD.search(text))


def assigns_secret(text: str) -> bool:
    """Return whether the text is a shell assignment to a secret name, such as `API_KEY=…`."""
    name, sign, _ = text.partition("=")
    return bool(sign) and says_secret(name.strip())


def masked(variables: Mapping[str, object], function: str) -> dict[str, Any]:
    """Return a function's variables with the secret ones masked.

    Idempotent. Raise TypeError for a value that is not text.
    """
    return {name: _masked(name, value, function) for name, value in variables.items()}


def _masked(name: str, value: object, function: str) -> object:
    if isinstance(value, Masked):
        return value
    if isinstance(value, Mapping) and isinstance(digest := value.get(_RECORDED), str):
        return Masked(None, "", digest)
    if not isinstance(value, str):
        raise TypeError(f"{name} of {function} is no text")
    return Masked(value, f"{function}/{name}") if _is_secret(name, value) else value


def _is_secret(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    return holds_password(value) or (says_secret(name) and not _REFERENCE.fullmatch(value))


def plain_secrets(variables: Mapping[str, object]) -> list[str]:
    """Return the names of variables that hold a secret as plain text."""
    return [name for name, value in variables.items() if _is_secret(name, value)]


def instead(file: str) -> str:
    """Return a hint that says where to put a secret instead."""
    return (
        f'Keep it out of {file}: `{{secret: "ssm:/…"}}` in its place names where the function'
        " fetches it."
    )


def revealed(variables: Variables) -> dict[str, str]:
    """Return the variables with their real values, for AWS."""
    return {n: v.reveal() if isinstance(v, Masked) else v for n, v in variables.items()}


def recorded(value: object) -> object:
    """Return the JSON form of a masked value in a record: its digest."""
    if isinstance(value, Masked):
        return {_RECORDED: value.digest}
    raise TypeError(f"{type(value).__name__} has no place in a record")


@cache
def _digest(salt: str, value: str) -> str:
    """Return the scrypt digest. Takes 30 ms and 8 MB, once per process and value."""
    secret = value.encode(errors="surrogatepass")
    made = hashlib.scrypt(secret, salt=salt.encode(), n=2**13, r=8, p=1, dklen=16)
    return made.hex()
