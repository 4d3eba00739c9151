"""Values that are nobody's to read: AWS gets them; screens, documents, records and plans do not.

A value of a function's environment whose name says that it is secret, or that is an address with
a password, is one from the moment a `Function` has it, whether config.yaml or AWS said it. What is
kept of it on disk is a digest that is slow to make (scrypt) and differs by function and variable,
so that neither a table of digests nor a quick list of guesses leads back to it. A short value can
still be guessed, only slowly.
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
    r"|[a-z](Keys?|Pass)$"  # clientKey, and not MONKEY
)
_PASSWORD: Final = re.compile(r"://[^\s/@:]{0,256}:[^\s@]{1,1024}@")
"""An address with a password in it: `postgres://user:password@host`."""
_REFERENCE: Final = re.compile(r"ssm:/[A-Za-z0-9_./-]+|secretsmanager:[A-Za-z0-9/_+=.@-]+")
"""Where a secret is kept, which is none: what `{secret: …}` of config.yaml becomes."""
_RECORDED: Final = "masked"
"""The key under which a record has the digest. Variables are text, so nothing else looks so."""


class Masked:
    """A secret value, or of a recorded one its digest alone. Equal to the same value."""

    __slots__ = ("_digest", "_salt", "_value")

    def __init__(self, value: str | None, salt: str, digest: str = "") -> None:
        self._value = value
        self._salt = salt
        self._digest = digest

    @property
    def digest(self) -> str:
        return self._digest if self._value is None else _digest(self._salt, self._value)

    def reveal(self) -> str:
        """The value, for AWS. Raises ValueError where only its digest is known."""
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
"""Name → text or `Masked`. (A union of the two is no type to those who read records.)"""


def says_secret(name: str) -> bool:
    """Whether a variable's name says that its value is secret."""
    return bool(_SECRET.search(name))


def holds_password(text: str) -> bool:
    """Whether a text is an address with a password in it."""
    return bool(_PASSWORD.search(text))


def assigns_secret(text: str) -> bool:
    """Whether a text is a name and a value as a shell has them, `API_KEY=…`, by a secret's name."""
    name, sign, _ = text.partition("=")
    return bool(sign) and says_secret(name.strip())


def masked(variables: Mapping[str, object], function: str) -> dict[str, Any]:
    """The variables of a function, those masked that say so. Raises TypeError for what is no text.

    Doing so twice changes nothing.
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
    """The names of variables that hold a secret as plain text."""
    return [name for name, value in variables.items() if _is_secret(name, value)]


def instead(file: str) -> str:
    """Where to put a secret."""
    return (
        f'Keep it out of {file}: `{{secret: "ssm:/…"}}` in its place says where the code finds it.'
    )


def revealed(variables: Variables) -> dict[str, str]:
    """As AWS gets them."""
    return {n: v.reveal() if isinstance(v, Masked) else v for n, v in variables.items()}


def recorded(value: object) -> object:
    """As a record has it."""
    if isinstance(value, Masked):
        return {_RECORDED: value.digest}
    raise TypeError(f"{type(value).__name__} has no place in a record")


@cache
def _digest(salt: str, value: str) -> str:
    """30 ms and 8 MB; once a process for each value."""
    secret = value.encode(errors="surrogatepass")
    made = hashlib.scrypt(secret, salt=salt.encode(), n=2**13, r=8, p=1, dklen=16)
    return made.hex()
