"""Numbers of arrays: every indicator, its row in the catalog, and the contract that it keeps."""
