"""The reference: the concepts in PyTorch, one a file. `tf_impl` mirrors this tree under the same paths and names."""
