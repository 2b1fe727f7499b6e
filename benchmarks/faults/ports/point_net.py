"""A PointNet: points turned by a learned 3x3 matrix, an MLP shared by them, their maximum, a classifier; the loss keeps the matrix orthogonal."""

import keras
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, tokens
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

POINTS, CLASSES, BATCH = 13, 5, 6
RATE, MOMENTUM, DECAY, ORTHOGONAL = 0.02, 0.9, 5e-3, 0.1


class TNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 8, 1)
        self.bn1 = nn.BatchNorm1d(8)
        self.conv2 = nn.Conv1d(8, 12, 1)
        self.bn2 = nn.BatchNorm1d(12)
        self.fc1 = nn.Linear(12, 12)
        self.bn3 = nn.BatchNorm1d(12)
        self.fc2 = nn.Linear(12, 9)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = F.relu(self.bn3(self.fc1(torch.max(x, 2)[0])))
        return self.fc2(x).view(-1, 3, 3) + torch.eye(3, dtype=x.dtype, device=x.device)


class PointNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.tnet = TNet()
        self.conv1 = nn.Conv1d(3, 10, 1)
        self.bn1 = nn.BatchNorm1d(10)
        self.conv2 = nn.Conv1d(10, 14, 1)
        self.bn2 = nn.BatchNorm1d(14)
        self.conv3 = nn.Conv1d(14, 16, 1)
        self.bn3 = nn.BatchNorm1d(16)
        self.fc1 = nn.Linear(16, 11)
        self.bn4 = nn.BatchNorm1d(11)
        self.dropout = nn.Dropout(0.3)
        self.fc2 = nn.Linear(11, CLASSES)

    def forward(self, x):
        turn = self.tnet(x)
        x = torch.bmm(x.transpose(1, 2), turn).transpose(1, 2)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        x = torch.max(x, 2)[0]
        x = self.fc2(self.dropout(F.relu(self.bn4(self.fc1(x)))))
        return F.log_softmax(x, dim=1), turn


def build_torch():
    return as_trained(PointNet, seed=71)


class TorchNorm(layers.BatchNormalization):
    """Batch normalization as torch has it: the running variance is the unbiased one."""

    def __init__(self, momentum=0.9, epsilon=1e-5, **kwargs):
        super().__init__(momentum=momentum, epsilon=epsilon, **kwargs)

    def call(self, inputs, training=None, mask=None):
        outputs = super().call(inputs, training=training, mask=mask)
        if training and self.trainable:
            axes = tuple(range(len(inputs.shape) - 1))
            count = ops.cast(ops.size(inputs) // inputs.shape[-1], inputs.dtype)
            self.moving_variance.assign(self.moving_variance + (1 - self.momentum) * ops.var(inputs, axis=axes) / (count - 1))
        return outputs


def shared(x, units, name, *, order="norm_first", relu=True, keras_norm=False, **norm):
    """A Dense for every point, or for the whole cloud; `norm` has the norm's arguments."""
    x = layers.Dense(units, name=f"{name}_dense")(x)
    if keras_norm:
        normed = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")
    else:
        normed = TorchNorm(name=f"{name}_norm", **norm)
    if order == "relu_first":
        return normed(layers.ReLU()(x))
    x = normed(x)
    return layers.ReLU()(x) if relu else x


def aligner(x, *, pool="max", identity=True, turned=False, second=None, third=None):
    x = shared(x, 8, "align_a")
    x = shared(x, 12, "align_b", **(second or {}))
    x = (layers.GlobalMaxPooling1D if pool == "max" else layers.GlobalAveragePooling1D)()(x)
    x = shared(x, 12, "align_c", **(third or {}))
    matrix = layers.Reshape((3, 3))(layers.Dense(9, name="align_matrix")(x))
    if turned:
        matrix = layers.Permute((2, 1))(matrix)
    return matrix + ops.eye(3) if identity else matrix


def build_keras(*, align=None, product="points_first", detach=False, first=None, second=None, third=None, top=None, rate=0.3, axis=-1):
    points = keras.Input((POINTS, 3))
    matrix = aligner(points, **(align or {}))
    applied = ops.stop_gradient(matrix) if detach else matrix
    if product == "points_first":
        x = layers.Dot(axes=(2, 1))([points, applied])
    elif product == "transposed":
        x = layers.Dot(axes=(2, 2))([points, applied])
    else:
        x = points
    x = shared(x, 10, "point_a", **(first or {}))
    x = shared(x, 14, "point_b", **(second or {}))
    x = shared(x, 16, "point_c", **{"relu": False} | (third or {}))
    x = shared(layers.GlobalMaxPooling1D()(x), 11, "cloud", **(top or {}))
    x = layers.Dense(CLASSES, name="scores")(layers.Dropout(rate, name="cloud_drop")(x))
    return keras.Model(points, (ops.log_softmax(x, axis=axis), matrix))


def inputs():
    return normal(BATCH, 3, POINTS, seed=72)


def targets():
    return tokens(BATCH, below=CLASSES, seed=73)


def torch_loss(output, target):
    scores, turn = output
    apart = torch.eye(3, dtype=turn.dtype) - torch.bmm(turn, turn.transpose(1, 2))
    return F.nll_loss(scores, target) + ORTHOGONAL * torch.mean(torch.norm(apart, dim=(1, 2)))


def keras_loss(root=True):
    def loss(outputs, labels):
        scores, matrix = outputs
        losses = -ops.take_along_axis(scores, ops.expand_dims(labels, 1), axis=1)
        squares = ops.sum(ops.square(ops.eye(3, dtype=matrix.dtype) - ops.matmul(matrix, ops.transpose(matrix, (0, 2, 1)))), axis=(1, 2))
        return ops.mean(losses) + ORTHOGONAL * ops.mean(ops.sqrt(squares) if root else squares)

    return loss


class DecayInGradient(keras.optimizers.SGD):
    """Weight decay as torch's SGD has it: added to the gradient, so that momentum sees it."""

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient + DECAY * ops.cast(variable, gradient.dtype), variable, learning_rate)


def sgd():
    return DecayInGradient(RATE, momentum=MOMENTUM)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.SGD(parameters, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY), sgd)
LAYOUT = {"input": "channels_last"}
LAYERS = {"tnet.fc2": "align_matrix", "fc2": "scores"}
for dense, norm, name in (("conv1", "bn1", "align_a"), ("conv2", "bn2", "align_b"), ("fc1", "bn3", "align_c")):
    LAYERS |= {f"tnet.{dense}": f"{name}_dense", f"tnet.{norm}": f"{name}_norm"}
for dense, norm, name in (("conv1", "bn1", "point_a"), ("conv2", "bn2", "point_b"), ("conv3", "bn3", "point_c"), ("fc1", "bn4", "cloud")):
    LAYERS |= {dense: f"{name}_dense", norm: f"{name}_norm"}


def load_not_transposed(torch_model, keras_model):
    """A square Linear's weight put into a Dense as it is."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.T if n == "tnet.fc1.weight" else a for n, a in s.items()})


def load_without_statistics(torch_model, keras_model):
    """Only parameters are loaded into a norm, its statistics stay 0 and 1."""
    fresh = {"bn2.running_mean": 0.0, "bn2.running_var": 1.0}
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: 0 * a + fresh[n] if n in fresh else a for n, a in s.items()})


FAULTS = [
    Fault("matrix_applied_transposed", ("conv1", "tnet"), "transposed", "points times the transposed matrix", {"product": "transposed"}),
    Fault("matrix_by_columns", ("tnet", "tnet.fc2"), "transposed", "the nine numbers fill the matrix by columns", {"align": {"turned": True}}),
    Fault("identity_forgotten", ("tnet", "tnet.fc2"), "missing term", "the identity is not added to the matrix", {"align": {"identity": False}}),
    Fault("points_not_turned", ("conv1", "tnet"), "wrong tensor", "the shared MLP takes the points as they came", {"product": "none"}),
    Fault("matrix_of_mean", ("tnet.fc1", "tnet.bn2", "tnet"), "pooling", "the mean over points in the T-Net", {"align": {"pool": "mean"}}),
    Fault("relu_after_last_norm", ("bn3", "fc1"), "activation", "a ReLU before the maximum, as after the other norms", {"third": {"relu": True}}),
    Fault("relu_forgotten", ("bn1", "conv2"), "activation", "no ReLU after the first norm", {"first": {"relu": False}}),
    Fault(
        "normed_after_relu",
        ("tnet.bn2", "tnet.conv2", "tnet.fc1", "tnet"),
        "order",
        "ReLU before the norm in the T-Net",
        {"align": {"second": {"order": "relu_first"}}},
    ),
    Fault("epsilon", "bn4", "epsilon", "Keras' default epsilon 1e-3", {"top": {"epsilon": 1e-3}}),
    Fault("classes_over_batch", ("output", "fc2"), "axes", "log_softmax along the batch", {"axis": 0}),
    Fault("matrix_detached", ("tnet", "tnet.fc2", "conv1"), "gradient", "stop_gradient on the matrix", {"detach": True}, seen="grad"),
    Fault("norm_momentum", "bn2", "momentum", "Keras' default momentum 0.99", {"second": {"momentum": 0.99}}, seen="train"),
    Fault(
        "variance_biased", "tnet.bn3", "statistics", "Keras' own norm: the biased variance is kept", {"align": {"third": {"keras_norm": True}}}, seen="train"
    ),
    Fault("dropout_rate", "dropout", "dropout", "the share that is kept for the share that is dropped", {"rate": 0.7}, seen="dropout"),
    Fault("matrix_loss_squared", "loss", "loss", "squares of the matrix' distance, no root", seen="loss", loss=lambda: keras_loss(root=False)),
    Fault(
        "decay_decoupled",
        "optimizer",
        "optimizer",
        "Keras' weight_decay, which momentum does not see",
        seen="step",
        optimizer=lambda: keras.optimizers.SGD(RATE, momentum=MOMENTUM, weight_decay=DECAY),
    ),
    Fault("weight_not_transposed", ("tnet.fc1", "tnet.fc1.weight"), "weights", "a square weight loaded without transposing", load=load_not_transposed),
    Fault("statistics_not_loaded", "bn2", "weights", "running statistics left at 0 and 1", load=load_without_statistics),
]
