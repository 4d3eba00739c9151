"""DNS records of Route 53, in hosted zones that no stack manages.

`record` holds the step `Record`. `hosted_zones` finds the zone of a record by name or id, checks
that the public DNS asks this zone for the record's name, and normalises names (`canonical`).
"""
