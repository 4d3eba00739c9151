"""Defines the command that prints the script of a shell's completion."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.sanitizing.text import put_document

SHELLS = ("bash", "zsh", "fish", "powershell")


@click.command("completion", cls=Verb, short_help="Print the script that lets a shell complete.")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script with which SHELL completes commands, options, environments, functions and
    nodes. AWS is not called.

    \b
    bash (4.4 or newer), in ~/.bashrc:    eval "$(provision completion bash)"
    zsh, in ~/.zshrc after compinit:      eval "$(provision completion zsh)"
    fish, as a file:                      provision completion fish >
                                            ~/.config/fish/completions/provision.fish
    PowerShell, in $PROFILE:              provision completion powershell |
                                            Out-String | Invoke-Expression
    """
    from provision.cli.shells import script_of  # noqa: PLC0415

    put_document(script_of(shell, context.find_root().command).rstrip("\n"))
