"""The same work without the harness, as one writes it in PyTorch and in Keras on TensorFlow: a training run, and one layer with its gradients.

`torch_side` and `keras_side` import their framework and return `train(images, labels, batches, dtype)` and `call(dtype)`.
"""

from collections.abc import Callable

import numpy as np

RATE = 0.0625
X, COTANGENT = np.random.default_rng(0).normal(size=(4, 3)), np.random.default_rng(1).normal(size=(4, 5))
Side = tuple[Callable[[np.ndarray, np.ndarray, np.ndarray, str], None], Callable[[str], None]]


def torch_side() -> Side:
    import torch

    from torch_ref.layers.linear import Linear
    from torch_ref.models.lenet import LeNet

    def train(images: np.ndarray, labels: np.ndarray, batches: np.ndarray, dtype: str) -> None:
        torch.set_default_dtype(getattr(torch, dtype))
        model, loss = LeNet(), torch.nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
        for batch in batches:
            x, y = torch.from_numpy(images[batch]).to(torch.get_default_dtype()), torch.from_numpy(labels[batch])
            optimizer.zero_grad()
            outputs = model(x)
            value = loss(outputs, y)
            value.backward()
            optimizer.step()
            value.item(), (outputs.argmax(-1) == y).double().mean().item()

    def call(dtype: str) -> None:
        torch.set_default_dtype(getattr(torch, dtype))
        layer, x = Linear(3, 5), torch.tensor(X, dtype=torch.get_default_dtype(), requires_grad=True)
        value = (layer(x) * torch.tensor(COTANGENT, dtype=x.dtype)).sum()
        torch.autograd.grad(value, [x, *layer.parameters()])

    torch.set_num_threads(1)
    return train, call


def keras_side() -> Side:
    import keras
    import tensorflow as tf

    from tf_impl.layers.linear import Linear
    from tf_impl.losses.cross_entropy import CrossEntropyLoss
    from tf_impl.models.lenet import LeNet
    from tf_impl.optimizers.sgd import SGD

    def train(images: np.ndarray, labels: np.ndarray, batches: np.ndarray, dtype: str) -> None:
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        model, loss, optimizer = LeNet(), CrossEntropyLoss(), SGD(lr=RATE)
        variables = model.trainable_variables
        optimizer.build(variables)

        @tf.function
        def step(x, y):
            with tf.GradientTape() as tape:
                outputs = model(x, training=True)
                value = loss(outputs, y)
            optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
            return value, tf.reduce_mean(tf.cast(tf.argmax(outputs, -1) == y, tf.float64))

        for batch in batches:
            value, hits = step(tf.constant(images[batch].transpose(0, 2, 3, 1), dtype), tf.constant(labels[batch]))
            float(value), float(hits)

    def call(dtype: str) -> None:
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        layer, x = Linear(3, 5), tf.constant(X, dtype)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = tf.reduce_sum(layer(x) * tf.constant(COTANGENT, dtype))
        tape.gradient(value, [x, *[v.value for v in layer.trainable_variables]])

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return train, call
