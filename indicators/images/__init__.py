"""Data sets: fetched or imported, verified, memory-mapped, normalized."""
