"""From what a user names to trained and measured networks."""
