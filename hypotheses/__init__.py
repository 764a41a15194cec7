"""The claims of the thesis, a file for each theme."""
