"""One pair a file: the model in PyTorch, its right port in Keras, and the mistakes that people make when porting it."""
