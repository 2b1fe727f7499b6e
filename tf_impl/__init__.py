"""The twins: the concepts of `torch_ref` in Keras, under the same paths and names, behaving as PyTorch's."""
