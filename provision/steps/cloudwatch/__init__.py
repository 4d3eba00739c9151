"""Alarms and the dashboard of CloudWatch.

`alarm` holds the step `Alarm`: the alarm on one metric. `dashboard` holds the step `Dashboard`,
which carries its owner in a tag and in its body. `tags` changes the tags of both.
"""
