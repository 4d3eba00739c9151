"""Runs `provision refresh`: observes AWS and replaces the state by the result."""

from __future__ import annotations

from dataclasses import replace

from provision.commands.session import Session
from provision.plan.options import NO_OPTIONS
from provision.stack.lookups import key_as_recorded
from provision.state.unreadable import Disposable
from provision.views.json_documents import refresh_document
from provision.views.refresh import print_refreshed
from provision.workflows.refresh import refresh_records, trusts_record


def refresh(session: Session) -> int:
    """Rebuild the state from AWS, and return exit code 0.

    Nothing is written to AWS, and the state only after everything was observed.
    """
    workspace = session.open(key=key_as_recorded, state=Disposable)
    with (
        workspace.aws.reading(),
        workspace.write_state(session.call.rerun_command) as journal,
    ):
        engine = replace(workspace.engine(journal, NO_OPTIONS), accepts=trusts_record)
        found = refresh_records(engine, session.plan_with(engine))
        if found.records:
            workspace.pin(journal)
        journal.replace_all(found.records)
        aside = journal.aside if isinstance(journal, Disposable) else {}
    if session.call.as_json:
        text = refresh_document(
            workspace.inputs, workspace.aws.calls, found, aside, seconds=session.seconds
        )
        session.call.answer(text)
    else:
        print_refreshed(session.results, workspace.stack.name, found, session.call.command, aside)
    return 0
