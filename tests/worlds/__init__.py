"""Simulated worlds: measurements made from numbers, in which a claim is true or false by construction."""
