"""Cases of the optimizers concepts."""
