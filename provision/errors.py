"""Every error a user can meet: what happened, to which node, what to type next, and the exit code
that says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar


class ProvisionError(Exception):
    """What happened, in one sentence; `hint` is what to type or change next. A line feed inside of
    the sentence, of `more` or of the hint breaks no line where they are shown.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, more: Iterable[str] = (), hint: str = "") -> None:
        self.message = message
        self.more = tuple(more)
        self.hint = hint
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """The sentence, and what is to stand below it, a line each."""
        return self.message, *self.more

    @property
    def document(self) -> dict[str, str | int | None]:
        """As JSON documents show it."""
        return {
            "exit_code": self.exit_code,
            "message": "\n".join(self.lines),
            "hint": self.hint or None,
        }


class UsageError(ProvisionError):
    """The command line is not understood."""

    exit_code = 2


class Locked(ProvisionError):
    """Another process works on this state; the message names it."""

    exit_code = 6


class WrongAccount(ProvisionError):
    """Credentials or region lead somewhere else than this stack lives."""

    exit_code = 7


class NotPermitted(ProvisionError):
    """AWS refused a call for want of permission."""

    exit_code = 8


class PartialFailure(ProvisionError):
    """Some nodes failed, the rest is done; running the command again does what is missing."""

    exit_code = 9


class NothingDone(ProvisionError):
    """All that was left to do is refused until the user decides; nothing was changed."""


class Interrupted(ProvisionError):
    """A signal: nothing new was started, what was in flight is in the journal."""

    exit_code = 130


class NoCredentials(ProvisionError):
    """The AWS SDK found no credentials, or AWS no longer accepts them."""


class RegionDisabled(ProvisionError):
    """The account does not use this region, so that nobody's credentials are known there."""


class Unreachable(ProvisionError):
    """The endpoint does not answer."""


class NotFound(ProvisionError):
    """What is asked for does not exist."""


class UntrustedEndpoint(ProvisionError):
    """Real credentials would leave for somewhere that is neither AWS nor this machine."""


class AddressUnusable(ProvisionError):
    """What should say where AWS is reached is no address."""


class NotOwned(ProvisionError):
    """Something of that name exists and is not this stack's."""


class NoLongerOurs(NotOwned):
    """It was this stack's when it was looked at, and is another's right before it would go."""

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} is no longer this stack's: left alone")


class InUseByOthers(ProvisionError):
    """What is to go holds what somebody else put there, which does not go by itself."""


class ConcurrentRun(ProvisionError):
    """Another run makes the same stack at the same time; this one ends before more is doubled."""


class DataProtected(ProvisionError):
    """The change would lose data nobody has allowed us to lose."""


class NotConverged(ProvisionError):
    """AWS took the calls, yet what it shows still differs from what is wanted."""


class TryLater(ProvisionError):
    """AWS allows this change only after some time; a later run does it."""


class WaitTimeout(ProvisionError):
    """A condition did not come about within its time; AWS is still at it."""


class PrerequisiteMissing(ProvisionError):
    """Something outside the stack that it needs (a hosted zone, a prefix list) is not there."""


class ApiError(ProvisionError):
    """AWS refused a call; the message carries its code, its text and the operation."""


class ReadOnlyViolation(ProvisionError):
    """A write was about to leave while reading only: a defect in a step, stopped before it reached
    AWS.
    """


class StateError(ProvisionError):
    """The state directory cannot be read or written, or belongs to something else."""


class StateUnreadable(StateError):
    """What is in it is no state, whoever wrote it. The stack is found again without."""
