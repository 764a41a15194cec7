"""What is planted for the claims, a file per theme; how to write a row stands in `tests.worlds.tables`."""
