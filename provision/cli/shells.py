"""Makes the scripts with which shells complete `provision`, and has PowerShell's protocol."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Final

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

from provision.cli.environment_variables import COMPLETION
from provision.cli.global_options import WHOLE_TOOL
from provision.cli.shell_words import Word, words_of

PROGRAM: Final = "provision"
"""The name that shells complete, however the program is called."""

_BASH: Final = """\
%(complete_func)s() {
    local IFS=$'\\n' answer line
    answer=$(env COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
%(complete_var)s=bash_complete %(prog_name)s)
    COMPREPLY=()
    while read -r line; do
        case $line in
            plain,*) COMPREPLY+=("${line#plain,}") ;;
            dir,*) compopt -o dirnames ;;
            file,*) compopt -o default ;;
        esac
    done <<< "$answer"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_BLANK: Final = "\\ "
_FISH: Final = """\
function %(complete_func)s
    set -l word (commandline -ct)
    set -l option (string match -r -- '^-[^=]*=' $word; or echo '')
    set -l path (string replace -- $option '' $word)
    for line in (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \
%(prog_name)s)
        set -l answer (string split -m 1 , -- $line)
        switch $answer[1]
            case plain
                printf '%%s\\n' $answer[2]
            case dir
                printf '%%s\\n' $option(__fish_complete_directories $path)
            case file
                printf '%%s\\n' $option(complete -C "'' $path")
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""
_ALL_WORDS: Final = '"${words[*]}" COMP_CWORD=$((CURRENT-1))'
_WORDS_TO_CURSOR: Final = '"${words[1,CURRENT]}"'
_FILES: Final = "            _path_files"
_FILES_OF_VALUE: Final = "            compset -P 1 '-*='; _path_files"
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


class WholeWords(ShellComplete):
    """Completion that takes `--option=value` as one word, and offers it as one.

    Click offers the value alone, for which zsh, fish and PowerShell then drop the option.
    """

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the one being typed, without the program, and that one."""
        *before, typed = _line()
        return [word.expanded for word in before[1:]], typed.text

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return the words that fit. Nothing fits behind an option that takes no value."""
        option, equals, _ = incomplete.partition("=")
        if not equals or not option.startswith("-"):
            return super().get_completions(args, incomplete)
        if not _takes_value(self.cli, args, option):
            return []
        found = super().get_completions(args, incomplete)
        return [_with_option(item, option) for item in found]


class SafeBashComplete(WholeWords, BashComplete):
    """Bash's completion, which runs the fixed name, and takes a word with a blank as one.

    Click's runs the word that was typed, and with it a folder's own `./provision`, at Tab. It also
    sends the words of `COMP_WORDS`, which bash splits at `=` and `:` too.
    """

    source_template = _BASH

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return a line with what bash puts in place of the end of the word.

        That begins behind an open quote, or else behind `=`. A blank outside quotes is escaped.
        """
        if item.type != "plain":
            return super().format_completion(item)
        typed = _line()[-1]
        breaks = os.environ.get("COMP_WORDBREAKS", "=")
        begin = typed.open_at or (typed.typed.find("=") + 1 if "=" in breaks else 0)
        value = item.value
        if "=" in typed.typed[:begin]:
            value = value.partition("=")[2]
        return f"plain,{value if typed.open_at else value.replace(' ', _BLANK)}"


class WholeWordZshComplete(WholeWords, ZshComplete):
    """Zsh's completion, which is sent the words up to the cursor, and finds files behind `=`."""

    source_template = ZshComplete.source_template.replace(_ALL_WORDS, _WORDS_TO_CURSOR).replace(
        _FILES, _FILES_OF_VALUE
    )
    assert _WORDS_TO_CURSOR in source_template, "click's script has changed"
    assert _FILES_OF_VALUE in source_template, "click's script has changed"


class WholeWordFishComplete(WholeWords, FishComplete):
    """Fish's completion, which finds files behind `=`."""

    source_template = _FISH


class PowerShellComplete(WholeWords):
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
    add_completion_class(WholeWordZshComplete)
    add_completion_class(WholeWordFishComplete)
    add_completion_class(PowerShellComplete)


def script_of(shell: str, command: click.Command) -> str:
    """Return the script with which a shell completes the program."""
    know_shells()
    kind = get_completion_class(shell)
    assert kind is not None
    return kind(command, {}, PROGRAM, COMPLETION).source()


def _line() -> list[Word]:
    """Return the words of the line up to the cursor, as a script sends them."""
    return words_of(os.environ["COMP_WORDS"])


def _takes_value(tool: click.Command, words: Iterable[str], option: str) -> bool:
    """Return whether the command that the words lead to has an option of this name with a value."""
    command = tool
    for word in words:
        if isinstance(command, click.Group):
            command = command.commands.get(word, command)
    return any(
        isinstance(each, click.Option) and option in each.opts and not (each.is_flag or each.count)
        for each in (*WHOLE_TOOL, *command.params)
    )


def _with_option(item: CompletionItem[str], option: str) -> CompletionItem[str]:
    """Return the item as the whole word; a shell itself completes files."""
    if item.type != "plain":
        return item
    return CompletionItem(f"{option}={item.value}", help=item.help)
