"""An autoencoder first, on images without labels; then a classifier that starts from its encoder, beside one that starts anew, on few labels.

Shapes: x (N, pixels) in [0, 1], labels (N,), of which the first `labelled` are used.

Differs from PyTorch:
    A Keras layer put into a second model is the same layer: training the classifier would change the autoencoder. `Autoencoder.classifier` copies.

Source: the notes, "autoencoder"; Hinton and Salakhutdinov 2006.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from jaxtyping import Float, Int
from keras import ops

from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.losses.mse import MSELoss
from tf_impl.models.autoencoder import Autoencoder
from tf_impl.optimizers.adam import Adam
from tf_impl.saving._seeded import fill
from tf_impl.typing import Tensor


def pretrain(x: Float[Tensor, "n p"], labels: Int[Tensor, " n"], widths: list[int], steps: int, labelled: int) -> dict[str, Tensor | bool]:
    """Full-batch Adam: the reconstruction loss by step, then both classifiers' losses, and how many of the others each gets right."""
    net = Autoencoder(x.shape[1], widths)
    net(x)
    fill(net)
    told: dict[str, Tensor | bool] = {"reconstruction": _train(net, x, x, MSELoss(), steps)}
    pretrained = net.classifier(10)
    pretrained(x)
    told["encoder_is_shared"] = bool(ops.all(pretrained[0].kernel == net.encoder[0].kernel))
    last = pretrained[len(pretrained) - 1]
    fill(last)
    fresh_net = Autoencoder(x.shape[1], widths)
    fresh_net(x)
    fill(fresh_net, seed=1)
    fresh = fresh_net.classifier(10)
    fresh(x)
    fresh[len(fresh) - 1].set_weights(last.get_weights())
    told["from_encoder"] = _train(pretrained, x[:labelled], labels[:labelled], CrossEntropyLoss(), steps)
    told["from_nothing"] = _train(fresh, x[:labelled], labels[:labelled], CrossEntropyLoss(), steps)
    told["scores"] = pretrained(x[labelled:])
    return told


def _train(model: keras.Model, x: Tensor, target: Tensor, loss_fn: Callable, steps: int) -> Tensor:
    optimizer = Adam(2.0**-7)
    optimizer.build(model.trainable_variables)

    @tf.function
    def step() -> Tensor:
        with tf.GradientTape() as tape:
            loss = loss_fn(model(x, training=True), target)
        optimizer.apply(tape.gradient(loss, [v.value for v in model.trainable_variables]), model.trainable_variables)
        return loss

    return ops.stack([step() for _ in range(steps)])
