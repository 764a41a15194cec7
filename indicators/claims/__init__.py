"""What a claim is written with and judged by."""
