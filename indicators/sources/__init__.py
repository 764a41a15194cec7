"""Measurements of a study, whether made here, published or transcribed from print."""
