"""The lines of CloudWatch Logs that a stack's requests leave, read, parsed and joined.

`sources.LogSource` is a log group of the stack, `reader.LogReader` reads new lines of it within
AWS's rate, `parser.LogParser` makes a `line.LogLine` of each, and `stories.Stories` joins the lines
of one request. `moments` parses times, and `criteria.Criteria` selects lines.
"""
