"""Errors that users see, each with a message, a hint and an exit code.

The message says what happened and to which node; the hint says what to type or change next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, Self


class ProvisionError(Exception):
    """An error for the user: one sentence, and a `hint` that says what to type or change next.

    `more` holds further lines. Line feeds inside the message, `more` or the hint are escaped when
    they are shown, so they do not start a new line.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, more: Iterable[str] = (), hint: str = "") -> None:
        self.message = message
        self.more = tuple(more)
        self.hint = hint
        super().__init__("\n".join(self.lines))

    @property
    def code(self) -> str:
        """The stable name of this kind of error, which `provision explain` takes."""
        return error_code(type(self))

    @property
    def lines(self) -> tuple[str, ...]:
        """The message and the further lines below it."""
        return self.message, *self.more

    def reworded(
        self,
        *,
        message: str | None = None,
        more: Iterable[str] | None = None,
        hint: str | None = None,
    ) -> Self:
        """Return a new error of this class with other words, and the same cause."""
        other = type(self).__new__(type(self))
        vars(other).update(vars(self))
        ProvisionError.__init__(
            other,
            self.message if message is None else message,
            more=self.more if more is None else more,
            hint=self.hint if hint is None else hint,
        )
        other.__cause__ = self.__cause__
        return other.with_traceback(self.__traceback__)


def error_code(kind: type[ProvisionError]) -> str:
    """Return the class's name in kebab case: `not-converged` of `NotConverged`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


class UsageError(ProvisionError):
    """A command line that cannot be parsed or makes no sense."""

    exit_code = 2


class Locked(ProvisionError):
    """A state that another process is using; the message names the process."""

    exit_code = 6


class WrongAccount(ProvisionError):
    """Credentials or a region that lead to another account or region than the stack's."""

    exit_code = 7


class NotPermitted(ProvisionError):
    """A call that AWS denied because a permission is missing."""

    exit_code = 8


class PartialFailure(ProvisionError):
    """A run in which some nodes failed and the rest succeeded; running again does the rest."""

    exit_code = 9


class NothingDone(ProvisionError):
    """A run that changed nothing because every remaining change awaits the user's decision."""


class Interrupted(ProvisionError):
    """A run ended by a signal: it started nothing new, and calls in flight are in the journal."""

    exit_code = 130


class NoCredentials(ProvisionError):
    """Credentials that the AWS SDK did not find or that AWS no longer accepts."""


class RegionDisabled(ProvisionError):
    """A region that the account has not enabled, so that none of its credentials work there."""


class OutputLost(ProvisionError):
    """Results that could not be written because their disk is full or their device failed."""


class Unreachable(ProvisionError):
    """An endpoint that does not answer."""


class InvocationFailed(ProvisionError):
    """A function that was invoked by the user and failed; the message has what it reported."""

    exit_code = 5


class ChecksFailed(ProvisionError):
    """Checks of the deployed API that failed; the message names them."""

    exit_code = 5


class EventsHidden(ProvisionError):
    """Events that are in a dead-letter queue and cannot be received yet; a later run gets them."""

    exit_code = 9


class AnswerLost(ProvisionError):
    """An invocation whose answer was lost: the function may have run."""


class NotFound(ProvisionError):
    """Something that the user asked for and that does not exist."""


class UntrustedEndpoint(ProvisionError):
    """An endpoint that is neither AWS nor this machine and would receive real credentials."""


class AddressUnusable(ProvisionError):
    """An endpoint setting that is not a valid address."""


class NotOwned(ProvisionError):
    """A resource of that name that exists and does not belong to this stack."""


class NoLongerOurs(NotOwned):
    """A resource that was owned when observed and is foreign immediately before its deletion."""

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} no longer belongs to this stack: not touched")


class InUseByOthers(ProvisionError):
    """A resource to be deleted that contains foreign resources, which AWS does not delete too."""


class ConcurrentRun(ProvisionError):
    """A second run creating the same stack; this run ends before it duplicates more resources."""


class DataProtected(ProvisionError):
    """A change that would lose data without the user's permission."""


class NotConverged(ProvisionError):
    """A resource that still differs from the wanted settings although AWS accepted the calls."""


class TryLater(ProvisionError):
    """A change that AWS allows only after some time; a later run makes it."""


class WaitTimeout(ProvisionError):
    """A condition that did not become true in time; AWS is still working on it."""


class PrerequisiteMissing(ProvisionError):
    """A missing prerequisite outside the stack, such as a hosted zone or a prefix list."""


class ApiError(ProvisionError):
    """A call that AWS refused; the message has the operation, the error code and AWS's text."""


class ReadOnlyViolation(ProvisionError):
    """A write attempted in read-only mode: a defect in a step, stopped before it reached AWS."""


class StateError(ProvisionError):
    """A state directory that cannot be read or written, or that belongs to another stack."""


class StateUnreadable(StateError):
    """A state directory whose content is not a state; resources can be found in AWS without it."""
