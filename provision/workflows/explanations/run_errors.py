"""Explains the errors of runs and of calls to AWS, by their codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.entries import ErrorEntry

_AGAIN: Final = "`provision up` again: it does only what is missing"

RUN_ERRORS: Final[Mapping[str, ErrorEntry]] = {
    "provision-error": ErrorEntry(
        "An error without a code of its own: its message and the line below say all there is.",
        ("a file that cannot be read, or an operation that AWS does not allow at this moment",),
        ("follow the line that begins with an arrow", "`provision status` shows the stack"),
    ),
    "partial-failure": ErrorEntry(
        "Some nodes failed, or wait for one that did; all others were done and are recorded.",
        ("the errors of the nodes, each in a line above with its own code",),
        ("remove the cause that each line names, then " + _AGAIN,),
        exit_code=9,
    ),
    "nothing-done": ErrorEntry(
        "Every change that was left to do needs a decision of yours, so nothing was changed.",
        ("a change that would delete data", "a resource that does not belong to the stack"),
        (
            "`provision plan` shows what each change needs",
            "`provision up --destroy NODE` or `provision up --adopt NODE`",
        ),
    ),
    "interrupted": ErrorEntry(
        "A signal ended the run: it started nothing more, and calls in flight are in the journal.",
        ("Ctrl-C, a closed terminal, or a pipeline that ended its job",),
        ("run the same command again: `up`, `push`, `down` and `keys` continue from there",),
        exit_code=130,
    ),
    "locked": ErrorEntry(
        "Another process works on the stack's state; the message names it. Nothing was changed.",
        ("a second `provision up` or `down` in the same folder", "`provision push --watch`"),
        ("wait until it ends, then run the command again: if it dies, the lock is free at once",),
        exit_code=6,
    ),
    "not-permitted": ErrorEntry(
        "AWS denied a call because a permission is missing, or because a policy denies it.",
        (
            "a policy that is older than config.yaml or this version of provision",
            "a boundary or a policy of the organization with a Deny",
        ),
        ("`provision policy deployer` prints all permissions that the commands need",),
        exit_code=8,
    ),
    "api-error": ErrorEntry(
        "AWS refused a call: the message has the operation, AWS's own code and its text.",
        (
            "a quota of the account, or a limit that no rule here knows",
            "another user or run that changes the same resource at the same time",
        ),
        (
            "remove the cause that AWS names, then " + _AGAIN,
            "`provision plan -v` shows each call",
        ),
    ),
    "wait-timeout": ErrorEntry(
        "A condition did not become true in time. AWS is still working on it.",
        (
            "a domain, certificate or network interface, which may take AWS half an hour",
            "a certificate whose records in DNS do not exist yet",
        ),
        ("wait some minutes, then " + _AGAIN,),
    ),
    "try-later": ErrorEntry(
        "AWS allows this change only after some time; a later run makes it.",
        (
            "a mail address that unsubscribed from alarms, which AWS blocks for up to 72 hours",
            "a queue that was purged less than a minute ago",
        ),
        ("run the same command again after the time that the message names",),
    ),
    "events-hidden": ErrorEntry(
        "Events are in the dead-letter queue, and SQS hides them: someone received them a short"
        " time ago. None is lost.",
        (
            "a redrive that was killed: its events come back a minute after the function's timeout",
            "another reader of the queue, which may hide events for up to twelve hours",
        ),
        (
            "run the same command again after the time that the message names",
            "`provision dlq` shows how many are in flight, which means hidden",
        ),
        exit_code=9,
    ),
    "output-lost": ErrorEntry(
        "The results could not be written. All that the command did before is done.",
        ("stdout leads to a file on a full disk, or over a quota",),
        (
            "free space, or send stdout elsewhere, then run a command that only reads again",
            "`provision status` shows what exists; `provision dlq peek` the events that are left",
        ),
    ),
    "not-converged": ErrorEntry(
        "AWS accepted the calls, and the resource still differs from the wanted settings.",
        (
            "another party that sets the resource back, such as a rule of the organization",
            "eventual consistency that took longer than usual",
        ),
        (
            "`provision plan` shows the difference",
            "`provision up` tries again",
        ),
    ),
    "prerequisite-missing": ErrorEntry(
        "The stack depends on something in the account that no node creates, and it is missing.",
        (
            "a hosted zone in Route 53 for the domain",
            "a KMS key or a certificate that config.yaml names",
        ),
        ("create it or correct its name in config.yaml, then `provision plan`",),
    ),
    "not-found": ErrorEntry(
        "The name that was given exists in config.yaml or on the command line, and not in AWS.",
        ("a stack that was not created yet", "a name or id of an earlier API key"),
        ("`provision status` shows what exists", "`provision up` creates it"),
    ),
    "not-owned": ErrorEntry(
        "A resource of the wanted name exists, and its owner tag names another stack or none.",
        (
            "a resource that was created by hand or by another tool",
            "two configurations with the same name and environment",
        ),
        (
            "`provision up --adopt NODE` takes it over",
            "choose another `name:` in config.yaml",
        ),
    ),
    "no-longer-ours": ErrorEntry(
        "A resource belonged to the stack when it was observed, and to another party immediately"
        " before its deletion. It was not touched.",
        ("another party deleted it and created one of the same name", "a changed owner tag"),
        ("`provision plan` shows what it is now",),
    ),
    "in-use-by-others": ErrorEntry(
        "A resource cannot be deleted while it contains resources of others, which AWS would not"
        " delete with it.",
        ("an instance, interface or rule of another stack in this stack's network",),
        ("delete or move what the message lists, then run the command again",),
    ),
    "concurrent-run": ErrorEntry(
        "A second run is creating the same stack; this one ended before it made duplicates.",
        ("a pipeline and a developer, or two jobs of a pipeline, at the same time",),
        ("wait until the other run ends, then `provision plan`",),
    ),
    "concurrent-change": ErrorEntry(
        "Another party changed a function while its version was being published.",
        ("a deployment by another tool, or an edit in the console",),
        ("`provision plan` shows what differs", "`provision up` corrects it"),
    ),
    "read-only-violation": ErrorEntry(
        "A command that only reads tried to write, and was stopped. This is a defect of provision:"
        " nothing was changed.",
        ("a defect in a step",),
        ("report it with the output of `provision plan --debug`",),
    ),
}
