"""The side that stands for PyTorch."""
