"""Cases of the tensors concepts."""
