"""Cases of saving."""
