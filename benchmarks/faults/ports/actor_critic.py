"""PPO's actor-critic on stacked frames: a convolutional encoder for both heads, illegal actions masked, the clipped surrogate; subclassed in Keras."""

import math

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault, moved
from benchmarks.faults.weights import copy_weights, flatten_seam

BATCH, FRAMES, HEIGHT, WIDTH, ACTIONS = 9, 4, 44, 60, 6
DEEP = (10, 3, 5)  # channels, height and width of what the shared layer reads
FEATURES, HIDDEN = 32, 20
FORBIDDEN = -1e4  # fits half precision
CLIP, VALUE_SHARE, ENTROPY_SHARE = 0.2, 0.5, 0.02
RATE, EPSILON, LONGEST = 2.5e-3, 1e-5, 0.5


def orthogonal(layer, gain=2**0.5):
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = orthogonal(nn.Conv2d(FRAMES, 8, 8, stride=4))
        self.conv2 = orthogonal(nn.Conv2d(8, 12, 5, stride=2, padding=2))
        self.conv3 = orthogonal(nn.Conv2d(12, DEEP[0], 3))
        self.fc = orthogonal(nn.Linear(math.prod(DEEP), FEATURES))

    def forward(self, frames):
        x = F.relu(self.conv1(frames / 255))
        x = F.relu(self.conv2(x))
        x = F.relu(self.conv3(x))
        return F.relu(self.fc(x.flatten(1)))


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = orthogonal(nn.Linear(FEATURES, HIDDEN))
        self.logits = orthogonal(nn.Linear(HIDDEN, ACTIONS), gain=1.0)

    def forward(self, features, legal):
        logits = self.logits(torch.tanh(self.hidden(features)))
        return logits.masked_fill(~legal, FORBIDDEN)


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = orthogonal(nn.Linear(FEATURES, HIDDEN))
        self.value = orthogonal(nn.Linear(HIDDEN, 1), gain=1.0)

    def forward(self, features):
        return self.value(torch.tanh(self.hidden(features))).squeeze(-1)


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Encoder()
        self.policy = Policy()
        self.critic = Critic()

    def forward(self, frames, legal):
        features = self.encoder(frames)
        return self.policy(features, legal), self.critic(features)


def build_torch():
    return as_trained(ActorCritic, seed=911)


class PixelTrunk(layers.Layer):
    """Switches, here and below, are the mistakes."""

    def __init__(self, *, bright=255.0, border="both_sides", third="relu", features="relu"):
        super().__init__()
        self.bright = bright
        self.look = layers.Conv2D(8, 8, strides=4, activation="relu")
        self.border = layers.ZeroPadding2D(2 if border == "both_sides" else 0)
        self.follow = layers.Conv2D(12, 5, strides=2, padding="valid" if border == "both_sides" else border, activation="relu")
        self.gather = layers.Conv2D(DEEP[0], 3, activation=third)
        self.flat = layers.Flatten()
        self.shared = layers.Dense(FEATURES, activation=features)

    def call(self, frames):
        x = self.look(frames / self.bright)
        x = self.gather(self.follow(self.border(x)))
        return self.shared(self.flat(x))


class PixelAgent(keras.Model):
    def __init__(self, *, trunk=None, squash="tanh", chances=None, mask="illegal", value_of="own", worth=None, squeezed=True, detach=False):
        super().__init__()
        self.trunk = PixelTrunk(**(trunk or {}))
        self.actor_hidden = layers.Dense(HIDDEN, activation=squash)
        self.actor_out = layers.Dense(ACTIONS, activation=chances)
        self.value_hidden = layers.Dense(HIDDEN, activation="tanh")
        self.value_out = layers.Dense(1, activation=worth)
        self.mask, self.value_of, self.squeezed, self.detach = mask, value_of, squeezed, detach

    def call(self, observed):
        frames, legal = observed
        features = self.trunk(frames)
        acting = self.actor_hidden(features)
        valuing = self.value_hidden(ops.stop_gradient(features) if self.detach else features)
        allowed = ops.logical_not(legal) if self.mask == "legal" else legal
        logits = ops.where(allowed, self.actor_out(acting), 0.0 if self.mask == "zeros" else FORBIDDEN)
        value = self.value_out(acting if self.value_of == "actor" else valuing)
        return logits, ops.squeeze(value, axis=-1) if self.squeezed else value


build_keras = PixelAgent


def inputs():
    """A bright square moves over the frames of a stack, older frames first; some actions are illegal."""
    frames = 90 * uniform(BATCH, FRAMES, HEIGHT, WIDTH, seed=912)
    for row, start in enumerate(np.random.default_rng(913).integers(2, 24, (BATCH, 2))):
        for frame in range(FRAMES):
            top, left = start + frame * np.array([2, 1 + row % 4])
            frames[row, frame, top : top + 9, left : left + 12] += 150
    return np.floor(frames), played()[1]


def played():
    """Actions, and which were legal: those played, and two of three others."""
    rng = np.random.default_rng(914)
    legal, actions = rng.random((BATCH, ACTIONS)) < 0.67, rng.integers(0, ACTIONS, BATCH)
    legal[np.arange(BATCH), actions] = True
    return actions, legal


def targets():
    """A rollout of a policy some updates ago: (action, its log probability then, advantage, return, value then)."""
    actions, advantages = played()[0], 1.5 * normal(BATCH, seed=915) + 0.4
    with torch.no_grad():
        logits, values = (tensor.numpy() for tensor in build_torch()(*(torch.from_numpy(array) for array in inputs())))
    logs = (logits - logits.max(-1, keepdims=True))[np.arange(BATCH), actions] - np.log(np.exp(logits - logits.max(-1, keepdims=True)).sum(-1))
    before = values + normal(BATCH, seed=916, scale=0.5)
    return np.stack([actions, logs + normal(BATCH, seed=917, scale=0.35), advantages, before + advantages, before], axis=-1).astype("float32")


def torch_loss(outputs, rollout):
    logits, value = outputs
    actions, old_log_probs, advantages, returns, old_values = rollout.unbind(-1)
    policy = torch.distributions.Categorical(logits=logits)
    ratio = (policy.log_prob(actions.long()) - old_log_probs).exp()
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    surrogate = torch.max(-advantages * ratio, -advantages * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
    clipped = old_values + (value - old_values).clamp(-CLIP, CLIP)
    value_loss = 0.5 * torch.max((value - returns) ** 2, (clipped - returns) ** 2).mean()
    return surrogate - ENTROPY_SHARE * policy.entropy().mean() + VALUE_SHARE * value_loss


def keras_loss(ddof=1, worse=ops.minimum, value_clipped=True):
    def loss(outputs, rollout):
        logits, value = outputs
        action, log_before, advantage, returned, value_before = (rollout[:, index] for index in range(5))
        logs = ops.log_softmax(logits, axis=-1)
        log_now = ops.sum(logs * ops.one_hot(ops.cast(action, "int32"), ACTIONS, dtype=logs.dtype), axis=-1)
        centred = advantage - ops.mean(advantage)
        advantage = centred / (ops.sqrt(ops.sum(ops.square(centred)) / (len(centred) - ddof)) + 1e-8)
        ratio = ops.exp(log_now - log_before)
        gain = ops.mean(worse(ratio * advantage, ops.clip(ratio, 1 - CLIP, 1 + CLIP) * advantage))
        error = ops.square(value - returned)
        if value_clipped:
            near = value_before + ops.clip(value - value_before, -CLIP, CLIP)
            error = ops.maximum(error, ops.square(near - returned))
        entropy = -ops.mean(ops.sum(ops.exp(logs) * logs, axis=-1))
        return VALUE_SHARE * 0.5 * ops.mean(error) - gain - ENTROPY_SHARE * entropy

    return loss


class ClippedAdam(torch.optim.Adam):
    """The gradient is cut to a length before the step."""

    def step(self, closure=None):
        nn.utils.clip_grad_norm_([parameter for group in self.param_groups for parameter in group["params"]], LONGEST)
        return super().step(closure)


class GlobalClipAdam(TorchAdam):
    """Cut as `clip_grad_norm_` cuts, which adds 1e-6 to the length."""

    def apply(self, grads, trainable_variables=None):
        length = ops.sqrt(sum(ops.sum(ops.square(gradient)) for gradient in grads if gradient is not None))
        share = ops.minimum(LONGEST / (length + 1e-6), 1.0)
        return super().apply([gradient if gradient is None else gradient * share for gradient in grads], trainable_variables)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: ClippedAdam(parameters, lr=RATE, eps=EPSILON), lambda: GlobalClipAdam(RATE, epsilon=EPSILON))
HEADS = {"policy.hidden": "actor_hidden", "policy.logits": "actor_out", "critic.hidden": "value_hidden", "critic.value": "value_out"}
PLAIN = {"encoder.conv1": "trunk.look", "encoder.conv2": "trunk.follow", "encoder.conv3": "trunk.gather", "encoder.fc": "trunk.shared"} | HEADS
LAYERS = PLAIN | {"encoder.fc": ("trunk.shared", flatten_seam(*DEEP))}


def load_rows_as_they_are(torch_model, keras_model):
    """The shared layer's kernel transposed and no more, where Keras flattens (h, w, c)."""
    copy_weights(torch_model, keras_model, PLAIN)


def load_heads_swapped(torch_model, keras_model):
    """The hidden layers of the two heads, of one shape, in the order of the Keras model's author."""
    copy_weights(torch_model, keras_model, LAYERS | {"policy.hidden": "value_hidden", "critic.hidden": "actor_hidden"})


def newest_first(given):
    return moved(given[0], None)[..., ::-1].copy(), given[1]


def reshaped(given):
    return given[0].reshape(BATCH, HEIGHT, WIDTH, FRAMES), given[1]


def clipped_alone():
    return TorchAdam(RATE, epsilon=EPSILON, clipnorm=LONGEST)


ENTRY = ("input", "encoder.conv1", "encoder")
FEATURED = ("encoder.fc", "encoder", "policy.hidden", "critic.hidden")
ACTED = ("policy", "policy.logits", "output")
VALUED = ("critic.value", "critic", "output")
HIDDENS = ("policy.hidden", "critic.hidden", *(f"{head}.hidden.{name}" for head in ("policy", "critic") for name in ("weight", "bias")))

FAULTS = [
    Fault("not_scaled", ENTRY, "scale", "frames of 0 to 255 not divided", {"trunk": {"bright": 1.0}}),
    Fault("newest_first", ENTRY[:2], "order", "the newest frame first in the stack", keras_inputs=newest_first),
    Fault("reshaped", ENTRY[:2], "reshape", "frames reshaped to (h, w, frames), not transposed", keras_inputs=reshaped),
    Fault("second_same", ("encoder.conv2", "encoder"), "padding", "'same' under a stride pads 1 and 2, torch 2 and 2", {"trunk": {"border": "same"}}),
    Fault("third_linear", ("encoder.conv3", "encoder.fc", "encoder"), "activation", "no ReLU on the last convolution", {"trunk": {"third": None}}),
    Fault("features_linear", FEATURED, "activation", "no ReLU on the shared layer", {"trunk": {"features": None}}),
    Fault("rows_as_they_are", ("encoder.fc", "encoder.fc.weight", "encoder"), "flatten", "rows not permuted behind the flatten", load=load_rows_as_they_are),
    Fault("policy_relu", ("policy.hidden", "policy.logits", "policy"), "activation", "ReLU for tanh in the policy", {"squash": "relu"}),
    Fault("mask_inverted", ACTED, "mask", "masks what is legal", {"mask": "legal"}),
    Fault("mask_zeros", ACTED, "mask", "logits of illegal actions set to zero, as by a product", {"mask": "zeros"}),
    Fault("policy_softmax", ACTED, "output", "a softmax under the mask and a loss of logits", {"chances": "softmax"}),
    Fault("value_of_actor", (*VALUED[:2], "critic.hidden"), "wrong tensor", "the value read from the policy's hidden layer", {"value_of": "actor"}),
    Fault("value_squashed", VALUED, "activation", "a tanh on the value, as AlphaZero has", {"worth": "tanh"}),
    Fault("value_column", VALUED[::-1], "shape", "the value's last axis of one kept", {"squeezed": False}),
    Fault("heads_swapped", HIDDENS, "weights", "the hidden layers of the heads loaded into each other", load=load_heads_swapped),
    Fault("value_detached", ("critic.hidden", *FEATURED[:2], "critic"), "gradient", "no gradient of the value to the encoder", {"detach": True}, seen="grad"),
    Fault("deviation_biased", "loss", "normalisation", "advantages over numpy's standard deviation, of n", seen="loss", loss=lambda: keras_loss(ddof=0)),
    Fault("better_surrogate", "loss", "sign", "the larger of the two surrogates", seen="loss", loss=lambda: keras_loss(worse=ops.maximum)),
    Fault("value_not_clipped", "loss", "loss", "the plain squared error of values", seen="loss", loss=lambda: keras_loss(value_clipped=False)),
    Fault("clipped_alone", "optimizer", "clipping", "clipnorm, variable by variable", seen="step", optimizer=clipped_alone),
]
