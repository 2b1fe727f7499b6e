"""Cases of the layouts concepts."""
