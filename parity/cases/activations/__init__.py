"""Cases of the activations concepts."""
