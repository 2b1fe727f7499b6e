"""Cases of the losses concepts."""
