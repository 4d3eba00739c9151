"""Whatever changes the API is served, and nothing else publishes anything."""
