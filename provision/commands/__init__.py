"""Runs the commands, one file each, from the parsed command line to an exit code.

`session.Session` opens the workspace of a call and does what all commands share.
`invocation.Invocation` holds the command line as typed, and ends a call that failed.
`signals.StopSignals` handles Ctrl-C and similar signals, `confirmation.Confirmation` the user's
agreement. `cli/` imports these modules late.
"""
