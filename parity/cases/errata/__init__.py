"""Cases of the errata."""
