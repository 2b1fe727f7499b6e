"""Convolutional nets written in other ways."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from benchmarks.faults.ports import autoencoder, cnn_batchnorm, cnn_sequential, discriminator
from benchmarks.faults.variant import as_is, variant
from benchmarks.faults.weights import copy_weights, flatten_seam

SMALL = cnn_sequential.LAYERS
SEAM = flatten_seam(16, 3, 2)


def dense_as_convolution():
    x = inputs = keras.Input((20, 16, 3))
    x = layers.Conv2D(8, 3, strides=2, activation="relu", name="stem")(layers.ZeroPadding2D(1)(x))
    x = layers.MaxPooling2D()(layers.Conv2D(12, 3, padding="same", activation="relu", name="middle")(x))
    x = layers.Conv2D(16, 3, activation="tanh", name="deep")(x)
    x = layers.Flatten()(layers.Conv2D(20, (3, 2), activation="relu", name="hidden")(x))
    return keras.Model(inputs, layers.Dense(7, name="logits")(x))


class Backwards(keras.Model):
    """Layers made in the reverse of the order they are called in, and named after nothing."""

    def __init__(self):
        super().__init__()
        self.e, self.d = layers.Dense(7), layers.Dense(20)
        self.c = layers.Conv2D(16, 3)
        self.b = layers.Conv2D(12, 3, padding="same")
        self.a = layers.Conv2D(8, 3, strides=2)

    def call(self, x, training=False):
        x = ops.relu(self.a(ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))))
        x = ops.max_pool(ops.relu(self.b(x)), 2, 2)
        x = ops.tanh(self.c(x))
        x = ops.relu(self.d(ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (-1, 96))))
        return self.e(layers.Dropout(0.25)(x, training=training))


BACKWARDS = {"0": "a", "2": "b", "5": "c", "8": "d", "11": "e"}


class RawTensorFlow(Backwards):
    def __init__(self):
        super().__init__()
        for layer, channels in ((self.a, 3), (self.b, 8), (self.c, 12)):
            layer.build((None, None, None, channels))
        self.d.build((None, 96))
        self.e.build((None, 20))

    @tf.function
    def call(self, x, training=False):
        x = tf.nn.relu(self.a(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])))
        x = tf.nn.max_pool2d(tf.nn.relu(self.b(x)), 2, 2, "VALID")
        x = tf.transpose(tf.math.tanh(self.c(x)), [0, 3, 1, 2])
        x = tf.nn.relu(self.d(tf.reshape(x, [tf.shape(x)[0], 96])))
        return self.e(tf.nn.dropout(x, 0.25) if training else x)


def nested():
    features = keras.Sequential(
        [
            keras.Input((20, 16, 3)),
            keras.Sequential([layers.ZeroPadding2D(1), layers.Conv2D(8, 3, strides=2, activation="relu", name="stem")], name="first"),
            layers.Conv2D(12, 3, padding="same", activation="relu", name="middle"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="tanh", name="deep"),
        ],
        name="features",
    )
    head = keras.Sequential(
        [layers.Permute((3, 1, 2)), layers.Flatten(), layers.Dense(20, activation="relu", name="hidden"), layers.Dropout(0.25), layers.Dense(7, name="logits")],
        name="head",
    )
    inputs = keras.Input((20, 16, 3))
    return keras.Model(inputs, head(features(inputs)))


NESTED = {"0": "features.first.stem", "2": "features.middle", "5": "features.deep", "8": "head.hidden", "11": "head.logits"}


def with_idle_layers():
    """Layers that do nothing, and every activation a layer of its own."""
    return keras.Sequential(
        [
            keras.Input((20, 16, 3)),
            layers.Rescaling(1.0),
            layers.ZeroPadding2D(1),
            layers.Conv2D(8, 3, strides=2, name="stem"),
            layers.Identity(),
            layers.ReLU(),
            layers.ZeroPadding2D(1),
            layers.Conv2D(12, 3, name="middle"),
            layers.Activation("relu"),
            layers.Dropout(0.0),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, name="deep"),
            layers.Lambda(ops.tanh),
            layers.Permute((3, 1, 2)),
            layers.Reshape((96,)),
            layers.Dense(20, name="hidden"),
            layers.LeakyReLU(negative_slope=0.0),
            layers.Activation("linear"),
            layers.Dropout(0.25),
            layers.Dense(7, name="logits"),
        ]
    )


def split_logits():
    base = cnn_sequential.build_keras()
    x = base.layers[-2].output
    return keras.Model(base.inputs[0], layers.Concatenate()([layers.Dense(4, name="some")(x), layers.Dense(3, name="rest")(x)]))


def load_split(torch_model, keras_model):
    copy_weights(torch_model, keras_model, SMALL)
    weight, bias = (parameter.detach().numpy() for parameter in torch_model[11].parameters())
    for name, rows in (("some", slice(0, 4)), ("rest", slice(4, 7))):
        keras_model.get_layer(name).set_weights([weight[rows].T, bias[rows]])


# Batch norm


def folded():
    """Norms folded into the convolutions before them, as for inference."""
    mean, std = np.array(cnn_batchnorm.MEAN, "float32"), np.array(cnn_batchnorm.STD, "float32")
    inputs = keras.Input((24, 28, 3))
    x = layers.Conv2D(8, 5, padding="same", activation="relu", name="conv_a")((inputs / 255.0 - mean) / std)
    x = layers.ZeroPadding2D(1)(layers.MaxPooling2D()(x))
    x = layers.Conv2D(16, 3, strides=2, activation="relu", name="conv_b")(x)
    x = layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    return keras.Model(inputs, layers.Dense(5, name="classes")(layers.Flatten()(x)))


def load_folded(torch_model, keras_model):
    copy_weights(torch_model, keras_model, {"head": cnn_batchnorm.LAYERS["head"]})
    for conv, norm, name in ((torch_model.conv1, torch_model.bn1, "conv_a"), (torch_model.conv2, torch_model.bn2, "conv_b")):
        weight, gamma, beta, mean, variance = (t.detach().double().numpy() for t in (conv.weight, norm.weight, norm.bias, norm.running_mean, norm.running_var))
        scale = gamma / np.sqrt(variance + norm.eps)
        keras_model.get_layer(name).set_weights([(weight * scale[:, None, None, None]).transpose(2, 3, 1, 0), beta - mean * scale])


class OwnNorm(layers.Layer):
    """Batch norm by its formula, with names of its own; for inference."""

    def __init__(self, epsilon, **options):
        super().__init__(**options)
        self.epsilon = epsilon

    def build(self, shape):
        for name in ("scale", "offset"):
            setattr(self, name, self.add_weight(shape=(shape[-1],), name=name))
        for name in ("average", "spread"):
            setattr(self, name, self.add_weight(shape=(shape[-1],), name=name, initializer="ones", trainable=False))

    def call(self, x):
        return (x - self.average) / ops.sqrt(self.spread + self.epsilon) * self.scale + self.offset


def own_norm():
    def layer(axis=-1, epsilon=1e-3, momentum=None, scale=None, name=None, trainable=True):
        return OwnNorm(epsilon, name=name)

    return cnn_batchnorm.build_keras(layer=layer)


OWN = {name: target for name, target in cnn_batchnorm.LAYERS.items() if not name.startswith("bn")}
for path, layer in (("bn1", "norm_a"), ("bn2", "norm_b")):
    for name, own in (("weight", "scale"), ("bias", "offset"), ("running_mean", "average"), ("running_var", "spread")):
        OWN[f"{path}.{name}"] = f"{layer}.{own}"


def rescaled():
    """Normalisation by Rescaling with a list of scales: rounded otherwise than torch's buffers."""
    mean, std = np.array(cnn_batchnorm.MEAN), np.array(cnn_batchnorm.STD)
    inputs = keras.Input((24, 28, 3))
    x = layers.Rescaling((1 / (255 * std)).tolist(), (-mean / std).tolist())(inputs)
    return keras.Model(inputs, after_input(x))


def normalised():
    """The layer made for it, with the statistics of pixels from 0 to 255."""
    mean, std = np.array(cnn_batchnorm.MEAN), np.array(cnn_batchnorm.STD)
    inputs = keras.Input((24, 28, 3))
    return keras.Model(inputs, after_input(layers.Normalization(mean=255 * mean, variance=(255 * std) ** 2)(inputs)))


def after_input(x):
    x = layers.Conv2D(8, 5, padding="same", use_bias=False, name="conv_a")(x)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, momentum=0.9, name="norm_a")(x))
    x = layers.ZeroPadding2D(1)(layers.MaxPooling2D()(x))
    x = layers.BatchNormalization(epsilon=1e-3, momentum=0.9, name="norm_b")(layers.Conv2D(16, 3, strides=2, use_bias=False, name="conv_b")(x))
    x = layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(layers.ReLU()(x)))
    return layers.Dense(5, name="classes")(layers.Flatten()(x))


def permuted():
    mean, std = np.array(cnn_batchnorm.MEAN, "float32"), np.array(cnn_batchnorm.STD, "float32")
    inputs = keras.Input((24, 28, 3))
    x = after_input((inputs / 255.0 - mean) / std)
    pooled = x._keras_history.operation.input._keras_history.operation.input
    return keras.Model(inputs, layers.Dense(5, name="answer")(layers.Flatten()(layers.Permute((3, 1, 2))(pooled))))


def bias_that_is_zero():
    """A convolution with a bias before the norm, where torch has none: left at zero, loaded by hand."""
    mean, std = np.array(cnn_batchnorm.MEAN, "float32"), np.array(cnn_batchnorm.STD, "float32")
    inputs = keras.Input((24, 28, 3))
    x = layers.Conv2D(8, 5, padding="same", name="conv_a")((inputs / 255.0 - mean) / std)
    x = layers.ReLU()(layers.BatchNormalization(epsilon=1e-5, name="norm_a")(x))
    x = layers.ZeroPadding2D(1)(layers.MaxPooling2D()(x))
    x = layers.BatchNormalization(epsilon=1e-3, name="norm_b")(layers.Conv2D(16, 3, strides=2, name="conv_b")(x))
    x = layers.AveragePooling2D(3, strides=2)(layers.ZeroPadding2D(1)(layers.ReLU()(x)))
    return keras.Model(inputs, layers.Dense(5, name="classes")(layers.Flatten()(x)))


# Images out of images, and judges of images


def without_permutes():
    """Both flattens in Keras' order: the seam is in two Dense layers."""
    inputs = keras.Input((12, 16, 1))
    x = layers.Conv2D(6, 4, strides=2, padding="same", activation="relu", name="down1")(inputs)
    x = layers.Conv2D(8, 4, strides=2, padding="same", activation="relu", name="down2")(x)
    x = layers.Dense(10, name="code")(layers.Flatten()(x))
    x = layers.Reshape((3, 4, 8))(layers.Dense(96, activation="relu", name="spread")(x))
    x = layers.Conv2DTranspose(6, 4, strides=2, padding="same", activation="relu", name="up1")(x)
    return keras.Model(inputs, layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="sigmoid", name="up2")(x))


def rows_of_seam(state):
    found = {name: array.reshape(8, 3, 4, -1).transpose(1, 2, 0, 3).reshape(array.shape) for name, array in state.items()}
    return found


FLAT = {
    "encoder.0": "down1",
    "encoder.2": "down2",
    "encoder.5": ("code", flatten_seam(8, 3, 4)),
    "decoder.0": ("spread", rows_of_seam),
    "decoder.3": "up1",
    "decoder.5": "up2",
}


class TwoHalves(keras.Model):
    def __init__(self):
        super().__init__()
        whole = autoencoder.build_keras()
        self.encoder, self.decoder = whole.get_layer("encoder"), whole.get_layer("decoder")

    def call(self, x):
        return self.decoder(self.encoder(x))


class ByHand(keras.Model):
    """Leaky ReLUs and the instance norm by their formulas; the slope is exact."""

    def __init__(self):
        super().__init__()
        self.a = layers.Conv2D(8, 4, strides=2, padding="same", use_bias=False)
        self.b = layers.Conv2D(12, 4, strides=2, padding="same", use_bias=False)
        self.c, self.d = layers.Conv2D(10, 3), layers.Dense(1)
        self.gamma = self.add_weight(shape=(12,), initializer="ones", name="gamma")
        self.beta = self.add_weight(shape=(12,), initializer="zeros", name="beta")

    def call(self, x):
        def leaky(x, slope):
            return ops.where(x > 0, x, x * slope)

        x = self.b(leaky(self.a(x), 0.2))
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=(1, 2), keepdims=True)
        x = leaky((x - mean) / ops.sqrt(variance + 1e-5) * self.gamma + self.beta, 0.2)
        return ops.sigmoid(self.d(ops.mean(leaky(self.c(x), 0.1), axis=(1, 2))))


BY_HAND = {"0": "a", "2": "b", "3.weight": "gamma", "3.bias": "beta", "5": "c", "9": "d"}
LOGITS = (discriminator.LOSS[0], lambda: keras.losses.BinaryCrossentropy(from_logits=True))

RIGHT = (
    variant(cnn_sequential, "seam", "flattened in Keras' order", lambda: cnn_sequential.build_keras(order=None), layers={**SMALL, "8": ("hidden", SEAM)}),
    variant(cnn_sequential, "dense_as_convolution", "the first Linear as a convolution", dense_as_convolution, layers={**SMALL, "8": ("hidden", SEAM)}),
    variant(cnn_sequential, "backwards", "layers made in reverse order", Backwards, layers=BACKWARDS),
    variant(cnn_sequential, "raw_tensorflow", "raw TensorFlow under tf.function", RawTensorFlow, layers=BACKWARDS),
    variant(cnn_sequential, "nested", "models in models", nested, layers=NESTED),
    variant(cnn_sequential, "idle_layers", "layers that do nothing in between", with_idle_layers),
    as_is(cnn_sequential, "as_is", "weights loaded rightly by hand", cnn_sequential.build_keras, lambda t, k: copy_weights(t, k, SMALL)),
    as_is(
        cnn_sequential,
        "as_is_seam",
        "weights and the seam loaded rightly by hand",
        lambda: cnn_sequential.build_keras(order=None),
        lambda t, k: copy_weights(t, k, {**SMALL, "8": ("hidden", SEAM)}),
    ),
    as_is(cnn_sequential, "split_logits", "one Linear as two Denses side by side", split_logits, load_split),
    as_is(cnn_batchnorm, "folded", "norms folded into convolutions by hand", folded, load_folded, tolerance=1e-6),
    variant(cnn_batchnorm, "folded_transfer", "norms folded into convolutions, for the tool to fill", folded, load=load_folded, layers={}),
    variant(cnn_batchnorm, "own_norm", "batch norm by its formula under other names", own_norm, layers=OWN),
    variant(cnn_batchnorm, "rescaling", "normalised by Rescaling, rounded otherwise", rescaled, tolerance=1e-6),
    variant(cnn_batchnorm, "normalization", "normalised by the Normalization layer, rounded otherwise", normalised, tolerance=1e-6),
    variant(cnn_batchnorm, "permuted", "a Permute before the flatten", permuted, layers={**cnn_batchnorm.LAYERS, "head": "answer"}),
    as_is(cnn_batchnorm, "bias_of_zero", "a bias of zeros where torch has none", bias_that_is_zero, lambda t, k: copy_weights(t, k, cnn_batchnorm.LAYERS)),
    variant(autoencoder, "without_permutes", "two seams: before the code and after it", without_permutes, layers=FLAT),
    variant(autoencoder, "two_halves", "encoder and decoder in a subclassed model", TwoHalves, training=True),
    variant(discriminator, "by_hand", "leaky ReLU and instance norm by their formulas", ByHand, layers=BY_HAND, tolerance=1e-12),
    variant(
        discriminator, "from_logits", "from_logits=True after a sigmoid: Keras goes back to the logits", discriminator.build_keras, training=True, loss=LOGITS
    ),
)
