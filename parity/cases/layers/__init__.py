"""Cases of the layers concepts."""
