"""Cases of the initializers concepts."""
