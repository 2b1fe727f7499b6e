"""Cases of the autograd concepts."""
