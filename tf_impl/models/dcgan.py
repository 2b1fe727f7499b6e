"""DCGAN, channels last: a generator that draws images from noise, and a discriminator that tells them from real ones."""

from itertools import pairwise

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.activations.leaky_relu import LeakyReLU
from tf_impl.activations.relu import ReLU
from tf_impl.activations.sigmoid import Sigmoid
from tf_impl.activations.tanh import Tanh
from tf_impl.initializers.normal import Normal
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.conv_transpose import ConvTranspose2d
from tf_impl.losses.bce import BCELoss
from tf_impl.models._images import check_images
from tf_impl.models._model import Model
from tf_impl.optimizers.adam import Adam
from tf_impl.saving.state_dict import load_state_dict, state_dict
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


def _doublings(image_size: int) -> int:
    if image_size < 8 or image_size & (image_size - 1):
        raise ValueError(f"image_size must be a power of two from 8 on, got {image_size}")
    return image_size.bit_length() - 3


def _kernels() -> dict[str, keras.initializers.Initializer]:
    return {"kernel_initializer": Normal(0.0, 0.02)}


def _norm(channels: int) -> BatchNorm2d:
    return BatchNorm2d(channels, gamma_initializer=Normal(1.0, 0.02))


@_register
class Generator(Model):
    """Noise to images: each block doubles the size and halves the channels. Transposed convolutions 4×4, batch normalisation, ReLU; tanh at the end.

    Args:
        nz: numbers of a noise.
        ngf: channels before the images'.
        nc: channels of the images.
        image_size: H and W of the images, a power of two from 8 on.

    Shapes:
        z (N, 1, 1, nz), output (N, image_size, image_size, nc) in [−1, 1]. 3,576,704 numbers by default.

    Raises:
        ValueError: another image size, noise of another length or of integers.

    Differs from PyTorch:
        `keras.layers.Conv2DTranspose(padding="same")` cuts the same pixels off for kernel 4 and stride 2. Keras starts from Glorot kernels and has momentum
        0.99 and epsilon 1e-3 in its normalisation, PyTorch's 0.1 (Keras' 0.9) and 1e-5. Keras' example of a DCGAN draws new noise for the generator's step.

    Source: Radford, Metz and Chintala 2016, arXiv:1511.06434; the notes, "GAN".
    """

    def __init__(self, nz: int = 100, ngf: int = 64, nc: int = 3, image_size: int = 64, **kwargs) -> None:
        super().__init__(**kwargs)
        self.nz = nz
        widths = [ngf * 2**i for i in reversed(range(_doublings(image_size)))]
        layers = [ConvTranspose2d(nz, widths[0], 4, 1, 0, bias=False, **_kernels()), _norm(widths[0]), ReLU()]
        for before, after in pairwise(widths):
            layers += [ConvTranspose2d(before, after, 4, 2, 1, bias=False, **_kernels()), _norm(after), ReLU()]
        self.main = Sequential(*layers, ConvTranspose2d(ngf, nc, 4, 2, 1, bias=False, **_kernels()), Tanh())

    def call(self, z: Float[Tensor, "n 1 1 nz"], training: bool | None = None) -> Float[Tensor, "n h w c"]:
        check_images(self, z, self.nz)
        return self.main(z)


@_register
class Discriminator(Model):
    """Images to probabilities: each block halves the size and doubles the channels. Convolutions 4×4, batch normalisation, leaky ReLU; a sigmoid at the end.

    Args:
        ndf: channels after the first convolution.
        nc: channels of the images.
        image_size: H and W of the images, a power of two from 8 on.

    Shapes:
        input (N, image_size, image_size, nc), output (N,) probabilities of being real. 2,765,568 numbers by default.

    Raises:
        ValueError: images of another size, with other channels, or of integers.

    Differs from PyTorch:
        As `Generator`. `keras.layers.LeakyReLU` has the slope 0.3 where PyTorch's default is 0.01 and this net's 0.2; TensorFlow rounds it to float32.

    Source: Radford, Metz and Chintala 2016, arXiv:1511.06434; the notes, "GAN".
    """

    def __init__(self, ndf: int = 64, nc: int = 3, image_size: int = 64, **kwargs) -> None:
        super().__init__(**kwargs)
        self.image_size, self.nc = image_size, nc
        widths = [ndf * 2**i for i in range(_doublings(image_size))]
        layers = [Conv2d(nc, ndf, 4, 2, 1, bias=False, **_kernels()), LeakyReLU(0.2)]
        for before, after in pairwise(widths):
            layers += [Conv2d(before, after, 4, 2, 1, bias=False, **_kernels()), _norm(after), LeakyReLU(0.2)]
        self.main = Sequential(*layers, Conv2d(widths[-1], 1, 4, 1, 0, bias=False, **_kernels()), Sigmoid())

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, " n"]:
        check_images(self, x, self.nc)
        if tuple(x.shape[1:3]) != (self.image_size, self.image_size):
            raise ValueError(f"Discriminator was built with image_size={self.image_size}, got an input of shape {tuple(x.shape)}")
        return ops.reshape(self.main(x), (-1,))


def train_gan(noise: Float[Tensor, "n 1 1 nz"], real: Float[Tensor, "n h w c"], steps: int = 3, nz: int = 5, ngf: int = 4, ndf: int = 4,
              image_size: int = 8, lr: float = 2.0**-12) -> dict[str, Tensor]:  # fmt: skip
    """`steps` alternating steps of Adam (β₁ = 0.5) on successive parts of noise and real images: losses, probabilities, images and weights afterwards.

    Differs from PyTorch:
        A tape, not the tensors, knows the graph. What G drew is drawn once, under G's tape, which is paused while D learns: drawn again for G's step, it
        would move the running statistics of G twice.

    Source: Goodfellow et al. 2014, arXiv:1406.2661, algorithm 1 with one step of D.
    """
    import tensorflow as tf

    generator = _drawn(Generator(nz, ngf, real.shape[-1], image_size), noise[:1])
    discriminator = _drawn(Discriminator(ndf, real.shape[-1], image_size), real[:1])
    weights_g, weights_d = generator.trainable_variables, discriminator.trainable_variables
    of_g, of_d = (Adam(lr, betas=(0.5, 0.999)) for _ in range(2))
    bce = BCELoss()
    told = {"loss of D": [], "loss of G": [], "D of real": [], "D of drawn": []}
    for z, x in zip(ops.split(noise, steps), ops.split(real, steps), strict=True):
        with tf.GradientTape() as tape_g:
            drawn = generator(z, training=True)
            with tape_g.stop_recording(), tf.GradientTape() as tape_d:
                of_real, of_drawn = discriminator(x, training=True), discriminator(drawn, training=True)
                loss_d = bce(of_real, ops.ones_like(of_real)) + bce(of_drawn, ops.zeros_like(of_drawn))
            of_d.apply(tape_d.gradient(loss_d, [v.value for v in weights_d]), weights_d)
            loss_g = bce(discriminator(drawn, training=True), ops.ones_like(of_drawn))
        of_g.apply(tape_g.gradient(loss_g, [v.value for v in weights_g]), weights_g)
        for values, value in zip(told.values(), (loss_d, loss_g, ops.mean(of_real), ops.mean(of_drawn)), strict=True):
            values.append(value)
    found = {name: ops.stack(values) for name, values in told.items()}
    found["drawn afterwards"] = ops.transpose(generator(noise), (0, 3, 1, 2))
    weights = {f"{name}.{key}": value for name, net in (("G", generator), ("D", discriminator)) for key, value in state_dict(net).items()}
    return found | weights


def _drawn(net: Model, example: Tensor) -> Model:
    """The same start in every framework: NumPy draws it."""
    net(example)
    state, rng = state_dict(net), np.random.default_rng(0)
    for name in sorted(name for name in state if name.endswith(("weight", "bias"))):
        draw = rng.normal(0.0, 0.02, state[name].shape).astype(np.float32)
        state[name] = draw if draw.ndim > 1 else draw + name.endswith("weight")
    load_state_dict(net, state)
    return net
