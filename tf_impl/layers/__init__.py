"""Layer twins."""
