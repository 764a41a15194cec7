"""The thesis's figures, redrawn from any study: which there are (`catalog`), data (`series`), pictures (`draw`)."""
