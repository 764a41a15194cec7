"""Views of what was found: data first (`verdicts`), then text for the terminal (`terminal`, `progress`)."""
