"""Explains the errors of data, state, saved plans and functions, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.entries import ErrorEntry

DATA_ERRORS: Final[Mapping[str, ErrorEntry]] = {
    "data-protected": ErrorEntry(
        "The change would delete data, and you have not named the node that holds it.",
        (
            "a new key of a table, which only a new table can have",
            "a table that config.yaml no longer has, or `down`",
        ),
        (
            "`provision plan` shows the change and why",
            "`provision up --destroy NODE` allows it, after a final backup",
        ),
    ),
    "state-error": ErrorEntry(
        "The state directory cannot be read or written, or it belongs to another stack.",
        (
            "a folder of another user, or a full disk",
            "--state of another environment or region",
            "a state that a newer version of provision wrote",
        ),
        ("correct what the message names; `provision plan --state DIR` uses another folder",),
    ),
    "state-unreadable": ErrorEntry(
        "The content of the state directory is not a state. Resources are found in AWS without it.",
        ("a file that was edited, merged or cut short",),
        ("`provision refresh` sets the file aside and rebuilds the state from AWS",),
    ),
    "invalid-plan-file": ErrorEntry(
        "A file is not a saved plan of this version, or a plan cannot be saved there.",
        ("a file that was edited", "a plan that another version of provision saved"),
        ("`provision plan --out FILE` saves it again",),
    ),
    "stale-plan": ErrorEntry(
        "Something changed since the plan was made, so that it was not applied. The lines below the"
        " message say what.",
        ("another run, or a change by hand", "a changed config.yaml or changed code"),
        (
            "`provision plan --out FILE` plans again",
            "`provision up` plans and applies in one command",
        ),
    ),
    "not-pushed": ErrorEntry(
        "`provision push` deploys code alone, and this function needs more than that.",
        ("a function that does not exist yet", "a changed layer, runtime or other setting"),
        ("`provision up` does all of it",),
    ),
    "import-fails": ErrorEntry(
        "The new version of a function cannot be imported by Lambda. Callers stay on the version"
        " before it.",
        (
            "a package that is in no layer of the function",
            "a handler that config.yaml names otherwise than the code",
            "an exception at the top of a module, such as a missing variable",
        ),
        (
            "the message has the error, with file and line; of a missing module Lambda gives none",
            "`provision logs NAME --errors --since 10m` shows the log of the attempt",
            "a missing module belongs into the function's folder or a layer",
            "correct the code, then `provision push` or `provision up`",
        ),
    ),
    "function-failed": ErrorEntry(
        "Lambda could not set a function up after it accepted the call.",
        ("a deleted role, subnet or security group", "a KMS key that the function may not use"),
        ("remove the cause that the message names, then `provision up`",),
    ),
    "invocation-failed": ErrorEntry(
        "The function was invoked and reported an error, or did not end in time.",
        ("an exception in its code", "a time limit or memory that is too small"),
        ("`provision logs NAME --errors` shows what it logged",),
        exit_code=5,
    ),
    "checks-failed": ErrorEntry(
        "The deployed API does not do what config.yaml says; each failed check says what it wanted"
        " and what it had.",
        (
            "a setting that another party changed in AWS",
            "a change that AWS does not show everywhere yet, such as a new key",
            "code that answers otherwise than config.yaml says",
        ),
        (
            "`provision plan` shows what differs, `provision up` puts it right",
            "`provision check --wait 120` asks again for two minutes",
        ),
        exit_code=5,
    ),
    "answer-lost": ErrorEntry(
        "No answer of an invocation arrived: the function may have run.",
        ("a connection that ended while the function worked",),
        ("`provision logs` shows whether it ran; only then invoke it again",),
    ),
}
