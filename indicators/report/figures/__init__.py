"""The thesis's figures and tables, redrawn from any study.

Which there are (`thesis`), a study's numbers in them (`filling`, with `series` and `tables`), what comes out
(`panels`), and its views: pictures (`draw`), what the page draws (`island`), a table for other programs (`numbers`).
"""
