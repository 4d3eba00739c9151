"""DynamoDB tables.

`table.Table` is the step. The other modules have one concern of it each: capacity, encryption,
expiry, recovery, the final backup, undeclared access, and tables that carry the same owner tag.
"""
