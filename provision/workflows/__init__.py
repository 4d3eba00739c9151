"""Complete procedures on top of the engine, which commands begin.

`push`, `refresh` and `rotate_keys` do their work with the engine's parts; `saved_plan` keeps a plan
in a file; `health` and `troubles` say how the stack fares; `leftovers`, `arn_kinds`,
`removal_commands` and `removal_report` what is left after `down`; `deployer_policy` and
`boundary_policy` print the policies of people and roles.
"""
