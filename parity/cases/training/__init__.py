"""Cases of the training concepts."""
