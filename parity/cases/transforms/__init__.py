"""Cases of the transforms concepts."""
