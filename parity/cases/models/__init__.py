"""Cases of the models concepts."""
