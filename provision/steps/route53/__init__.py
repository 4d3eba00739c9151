"""DNS records in hosted zones that somebody else owns."""
