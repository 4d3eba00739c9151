"""Explains the words that plans, errors and pages use: those of ARCHITECTURE.md that users meet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.entries import WordEntry

_ARCHITECTURE: Final = "ARCHITECTURE.md#the-words"
_USAGE: Final = "docs/usage.md"

WORDS: Final[Mapping[str, WordEntry]] = {
    "adopt": WordEntry(
        "Take over a resource that exists and does not belong to the stack, because you named its"
        " node: `provision up --adopt NODE`.",
        _ARCHITECTURE,
    ),
    "apply": WordEntry("Carry out the changes of a plan.", _ARCHITECTURE),
    "boundary": WordEntry(
        "A permissions boundary: an IAM policy that limits what every role of the stack can be"
        " permitted. `provision policy boundary` prints one.",
        "docs/permissions.md",
    ),
    "change": WordEntry(
        "The part of a plan for one node: create, update, replace, delete or keep, and why.",
        _ARCHITECTURE,
    ),
    "critical path": WordEntry(
        "The nodes that the end of a run had to wait for, one after the other.",
        f"{_USAGE}#time",
    ),
    "dead letter": WordEntry(
        "An event that a function could not process, kept in its queue: `provision dlq`.",
        "docs/operate.md",
    ),
    "deletion protection": WordEntry(
        "A setting by which AWS refuses to delete a resource with data until it is switched off.",
        _ARCHITECTURE,
    ),
    "deposed": WordEntry(
        "Set aside by a replacement and still to be deleted, such as `vpc~1`; the next"
        " `provision up` deletes it.",
        _ARCHITECTURE,
    ),
    "drift": WordEntry(
        "A difference that another party made in AWS since the last `provision up`.",
        "docs/drift.md",
    ),
    "environment": WordEntry(
        "A variant of the stack with a name, such as prod: an overlay in config.yaml that --env"
        " selects. Each is a stack of its own.",
        f"{_USAGE}#environments",
    ),
    "eventual consistency": WordEntry(
        "AWS does not show a change yet that it has made. Commands wait for it.",
        "docs/aws-behaviours.md",
    ),
    "final backup": WordEntry(
        "The copy of data that is made immediately before it is deleted, unless --no-backup is"
        " given.",
        _ARCHITECTURE,
    ),
    "foreign": WordEntry(
        "Not owned by this node of this stack: the owner tag names another one, or none. Foreign"
        " resources are never changed or deleted.",
        _ARCHITECTURE,
    ),
    "impact": WordEntry(
        "The sort of a risk: data loss, downtime, weaker, new URL, key changes, cost, slow.",
        "docs/json.md",
    ),
    "import check": WordEntry(
        "The invocation of a new version before callers reach it: code that cannot be imported"
        " does not go live.",
        f"{_USAGE}#code",
    ),
    "journal": WordEntry(
        "The state on disk: a snapshot and a log that is written ahead of every change, so that a"
        " run can be interrupted at any point.",
        _ARCHITECTURE,
    ),
    "leftover": WordEntry(
        "A resource of this stack that is still in AWS after `provision down`, which lists it with"
        " the command that removes it.",
        _ARCHITECTURE,
    ),
    "node": WordEntry(
        "The named place of a resource in the stack, such as `table.items`. Options such as"
        " --adopt and --destroy take it.",
        _ARCHITECTURE,
    ),
    "observe": WordEntry("Read a resource from AWS; nothing is written.", _ARCHITECTURE),
    "orphan": WordEntry(
        "A node in the state that config.yaml no longer has: `provision up` deletes it, and keeps"
        " it if it holds data.",
        _ARCHITECTURE,
    ),
    "mark": WordEntry(
        "The text in AWS that shows a resource's owner: the tag `provision:owner`, or its"
        " replacement in kinds without tags.",
        _ARCHITECTURE,
    ),
    "owner": WordEntry(
        "The node that the tag `provision:owner` of a resource names. Only owned resources are"
        " changed or deleted.",
        _ARCHITECTURE,
    ),
    "pending": WordEntry(
        "Begun according to the journal, and not known to have ended: the next run continues it.",
        _ARCHITECTURE,
    ),
    "plan": WordEntry(
        "The list of all changes that `provision up` or `provision down` would make, from reads"
        " only.",
        _ARCHITECTURE,
    ),
    "record": WordEntry("The entry of one node in the journal.", _ARCHITECTURE),
    "replace": WordEntry(
        "Create a new resource and delete the old one, because a field differs that AWS cannot"
        " change in place. `provision explain KIND` lists those fields.",
        _ARCHITECTURE,
    ),
    "resource": WordEntry("One thing in AWS: a table, a role, an alias.", _ARCHITECTURE),
    "risk": WordEntry(
        "An effect that a change may have on users of the API, shown in the plan with its reason.",
        "docs/json.md",
    ),
    "saved plan": WordEntry(
        "A plan in a file: `provision plan --out FILE`. `provision up FILE` applies exactly this"
        " plan, or nothing.",
        f"{_USAGE}#saved-plans",
    ),
    "stack": WordEntry(
        "All nodes of one environment of a config.yaml, in one region of one account.",
        _ARCHITECTURE,
    ),
    "state": WordEntry(
        "The folder with the journal, `.provision/{environment}`. It can be rebuilt from AWS:"
        " `provision refresh`.",
        f"{_USAGE}#several-regions",
    ),
    "undeclared setting": WordEntry(
        "A setting that is set in AWS and not by this stack; `provision up` removes it.",
        "docs/drift.md",
    ),
    "unknown": WordEntry(
        "A value that AWS will choose: plans show it as (known after up).", _ARCHITECTURE
    ),
    "unknown outcome": WordEntry(
        "The outcome of a call whose answer was lost: AWS may have acted on it. The resource is"
        " searched before the call is made again.",
        _ARCHITECTURE,
    ),
    "verify": WordEntry(
        "Observe a resource again after a change, until no field differs.", _ARCHITECTURE
    ),
}
