"""Tables.

`table.Table` is the step; the other files have one concern of it each: capacity, encryption,
expiry, recovery, the final backup, who else may reach it.
"""
