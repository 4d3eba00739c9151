"""Bridges the times in which AWS gives no answer, for commands that go on until Ctrl-C."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from provision.aws.connection_errors import UNTRUSTED
from provision.aws.error_codes import THROTTLES
from provision.clock import Clock
from provision.commands.session import Session
from provision.engine.errors import translate_error
from provision.errors import Unreachable

LONGEST: Final = 600.0
"""Seconds without an answer after which the command ends."""
PAUSE: Final = 5.0
"""Seconds between two attempts, each of which repeats a call for some seconds itself."""


class Outages:
    """The outages during one command: each has a line when it begins and when it has ended."""

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self._clock = clock
        self._reached = False
        self._began: float | None = None

    def answered(self) -> None:
        """Note that everything was read, and say so after an outage."""
        if self._began is not None:
            lasted = self._clock.now() - self._began
            self._session.say(f"AWS answers again, after {lasted:.0f} s")
        self._reached, self._began = True, None

    def failed(self, error: Exception) -> None:
        """Wait for the next attempt.

        Raise the error if it does not pass by itself, lasts too long, or is that of the first
        attempt: then the user has seen nothing yet.
        """
        if not (self._reached and passes_by_itself(error)):
            raise error
        now = self._clock.now()
        if self._began is None:
            self._began = now
            told = translate_error(error).message
            self._session.say(
                f"{told}: trying again every {PAUSE:.0f} s, for up to {LONGEST / 60:.0f} minutes"
            )
        elif now - self._began >= LONGEST:
            raise error
        self._clock.sleep(PAUSE)


def passes_by_itself(error: Exception) -> bool:
    """Return whether the same call may succeed later, without anything that the user does."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        throttled = error.response.get("Error", {}).get("Code") in THROTTLES
        return throttled or int(status) >= HTTPStatus.INTERNAL_SERVER_ERROR
    if UNTRUSTED in str(error):
        return False
    lost = isinstance(error, HTTPClientError | IncompleteReadError)
    return lost or isinstance(translate_error(error), Unreachable)
