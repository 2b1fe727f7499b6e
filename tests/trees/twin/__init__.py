"""The side that stands for Keras."""
