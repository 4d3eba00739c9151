"""Selects the lines that a user asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provision.workflows.logs.line import LogLine


@dataclass(frozen=True)
class Criteria:
    """The conditions for a line. `text` is found in any letter case; `request` may be a prefix.

    An error that only an import check met is none of `errors`, if the code could be imported.
    """

    errors: bool = False
    text: str = ""
    request: str = ""
    version: str = ""

    def may_match(self, line: LogLine) -> bool:
        """Return whether the line is wanted, as far as that is known without its request."""
        return replace(self, request="").match(line)

    def match(self, line: LogLine) -> bool:
        """Return whether the line is wanted. Its request must be known by now."""
        ids = (line.request, line.request_id, line.invocation)
        return (
            (not self.errors or (line.failed and (line.unimportable or not line.own)))
            and self.text.casefold() in line.message.casefold()
            and (not self.request or any(each.startswith(self.request) for each in ids))
            and (not self.version or line.version == self.version)
        )
