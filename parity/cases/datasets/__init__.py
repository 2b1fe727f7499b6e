"""Cases of the datasets concepts."""
