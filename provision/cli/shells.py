"""Makes the scripts with which shells complete `provision`, and has PowerShell's protocol."""

from __future__ import annotations

import os
from typing import Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from provision.cli.environment_variables import COMPLETION

PROGRAM: Final = "provision"
"""The name that shells complete, however the program is called."""

_TYPED: Final = "=bash_complete $1)"
_FIXED: Final = "=bash_complete %(prog_name)s)"
_READ: Final = "read type value"
_RAW: Final = "read -r type value"
_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { $_.Extent.Text } })
    $before = @{}
    foreach ($name in '%(complete_var)s', 'COMP_WORDS', 'COMP_WORD') {
        $before[$name] = [Environment]::GetEnvironmentVariable($name)
    }
    try {
        $env:%(complete_var)s = 'powershell_complete'
        $env:COMP_WORDS = $words -join "`n"
        $env:COMP_WORD = $wordToComplete
        & %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new(
                $value, $value, 'ParameterValue', $help)
        }
    } finally {
        foreach ($name in $before.Keys) {
            [Environment]::SetEnvironmentVariable($name, $before[$name])
        }
    }
}
"""


class SafeBashComplete(BashComplete):
    """Bash's completion, which runs the fixed name, and takes a word with a blank as one.

    Click's runs the word that was typed, and with it a folder's own `./provision`, at Tab.
    """

    source_template = BashComplete.source_template.replace(_TYPED, _FIXED).replace(_READ, _RAW)
    assert _FIXED in source_template, "click's script has changed"
    assert _RAW in source_template, "click's script has changed"

    def format_completion(self, item: CompletionItem) -> str:
        """Return a line, in which a blank is escaped unless the word is in quotes already."""
        line = super().format_completion(item)
        typed = os.environ.get("COMP_WORDS", "").split("\n")[-1]
        return line if typed[:1] in {"'", '"'} else line.replace(" ", "\\ ")


class PowerShellComplete(ShellComplete):
    """PowerShell's completion, which click does not have.

    Nothing is printed for a file or folder: PowerShell then completes paths itself.
    """

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, without the program, and the one being typed."""
        words = os.environ.get("COMP_WORDS", "").split("\n")[1:]
        return words, os.environ.get("COMP_WORD", "")

    def format_completion(self, item: CompletionItem) -> str:
        """Return a line: the word, and after a tab its description."""
        return f"{item.value}\t{item.help}" if item.help else str(item.value)

    def complete(self) -> str:
        """Return a line for each word that fits."""
        items = self.get_completions(*self.get_completion_args())
        return "\n".join(self.format_completion(item) for item in items if item.type == "plain")


def know_shells() -> None:
    """Let click find our completions by their shells' names."""
    add_completion_class(SafeBashComplete)
    add_completion_class(PowerShellComplete)


def script_of(shell: str, command: click.Command) -> str:
    """Return the script with which a shell completes the program."""
    know_shells()
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(command, {}, PROGRAM, COMPLETION).source()
