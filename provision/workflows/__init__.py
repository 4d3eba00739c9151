"""Procedures, reports and printed policies on top of the engine, one for each task of a command.

`push`, `refresh` and `rotate_keys` work with the engine's parts; `saved_plan` keeps a plan in a
file; `prerequisites` checks what no node creates; `origins` says why a node is written; `health`
and `troubles` report how the stack is; `leftovers`, `arn_kinds`, `removal_commands` and
`removal_report` report what is left after `down`; `deployer_policy` and `boundary_policy` build
policies for the users of the commands and for the stack's roles; `project_files`, `existing_files`
and `new_project` begin a project from a template. `offline_stack` builds the stack without AWS,
`change_effects` derives what a change of config.yaml does, and `explanations` has the pages of
`provision explain`. `checks` and `logs` are of the commands of these names; `invoke`,
`dead_letters` and `redrive` send events to functions.
"""
