"""A radiance field: points and directions as sines and cosines, an MLP with a skip, density and colour, summed along rays over a white background."""

import keras
import numpy as np
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import as_trained, normal, uniform
from benchmarks.faults.own import TorchAdam
from benchmarks.faults.port import Fault
from benchmarks.faults.weights import copy_weights

RAYS, SAMPLES, NEAR, FAR = 7, 11, 0.5, 3.0
POINT_BANDS, VIEW_BANDS, WIDTH, VIEW_WIDTH, DEPTH, SKIP = 4, 3, 16, 10, 4, 2
TINY = 1e-15


class PositionalEncoding(nn.Module):
    def __init__(self, frequencies):
        super().__init__()
        self.width = 3 + 6 * frequencies
        self.register_buffer("bands", 2.0 ** torch.arange(frequencies), persistent=False)

    def forward(self, x):
        angles = x.unsqueeze(-2) * self.bands.unsqueeze(-1)
        return torch.cat([x, torch.stack([angles.sin(), angles.cos()], -2).flatten(-3)], -1)


class RadianceField(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode_point = PositionalEncoding(POINT_BANDS)
        self.encode_view = PositionalEncoding(VIEW_BANDS)
        inside = self.encode_point.width
        sizes = [inside if index == 0 else WIDTH + inside if index == SKIP else WIDTH for index in range(DEPTH)]
        self.trunk = nn.ModuleList(nn.Linear(size, WIDTH) for size in sizes)
        self.density = nn.Linear(WIDTH, 1)
        self.feature = nn.Linear(WIDTH, WIDTH)
        self.view = nn.Linear(WIDTH + self.encode_view.width, VIEW_WIDTH)
        self.colour = nn.Linear(VIEW_WIDTH, 3)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.kaiming_uniform_(module.weight, nonlinearity="relu")

    def forward(self, points, views):
        points = self.encode_point(points)
        views = self.encode_view(views).unsqueeze(1).expand(-1, points.shape[1], -1)
        x = points
        for index, layer in enumerate(self.trunk):
            if index == SKIP:
                x = torch.cat([points, x], -1)
            x = F.relu(layer(x))
        density = F.softplus(self.density(x) - 1.0).squeeze(-1)
        x = F.relu(self.view(torch.cat([self.feature(x), views], -1)))
        return torch.sigmoid(self.colour(x)), density


class VolumeRenderer(nn.Module):
    def forward(self, colours, density, depths, lengths):
        deltas = torch.cat([depths[:, 1:] - depths[:, :-1], FAR - depths[:, -1:]], 1) * lengths
        alpha = 1 - torch.exp(-density * deltas)
        through = torch.cumprod(torch.cat([torch.ones_like(alpha[:, :1]), 1 - alpha], 1), 1)
        weights = alpha * through[:, :-1]
        colour = (weights.unsqueeze(-1) * colours).sum(1) + (1 - weights.sum(1, keepdim=True))
        return {"colour": colour, "depth": (weights * depths).sum(1)}


class NeRF(nn.Module):
    def __init__(self):
        super().__init__()
        self.field = RadianceField()
        self.renderer = VolumeRenderer()

    def forward(self, origins, directions, depths):
        points = origins.unsqueeze(1) + directions.unsqueeze(1) * depths.unsqueeze(-1)
        lengths = directions.norm(dim=-1, keepdim=True)
        colours, density = self.field(points, directions / lengths)
        return self.renderer(colours, density, depths, lengths)


def build_torch():
    return as_trained(NeRF, seed=911)


def waves(x, bands, *, order="by_band", unit=1.0, spacing="doubling"):
    """The numbers themselves, then a sine and a cosine of each band."""
    factors = 2.0 ** np.arange(bands) if spacing == "doubling" else np.linspace(1.0, 2.0 ** (bands - 1), bands)
    sines = [ops.sin(x * float(factor * unit)) for factor in factors]
    cosines = [ops.cos(x * float(factor * unit)) for factor in factors]
    if order == "sines_first":
        return ops.concatenate([x, *sines, *cosines], axis=-1)
    return ops.concatenate([x, *(part for pair in zip(sines, cosines, strict=True) for part in pair)], axis=-1)


def march(colours, density, depths, lengths, *, scaled=True, last="far", through="before", axis=1, background="white", mean="plain", detach=False):
    """Light that reaches each sample is what the optical depth before it lets through."""
    end = ops.full_like(depths[:, :1], FAR) - depths[:, -1:] if last == "far" else ops.full_like(depths[:, :1], 1e10)
    steps = ops.concatenate([depths[:, 1:] - depths[:, :-1], end], axis=1)
    thickness = density * (steps * lengths if scaled else steps)
    gathered = ops.cumsum(thickness, axis=axis)
    reaching = ops.exp(-(gathered - thickness if through == "before" else gathered))
    weights = reaching * (1 - ops.exp(-thickness))
    total = ops.sum(weights, axis=1, keepdims=True)
    colour = ops.einsum("rs,rsc->rc", weights, colours)
    if background == "white":
        colour = colour + 1 - total
    depth = ops.sum((ops.stop_gradient(weights) if detach else weights) * depths, axis=1)
    return colour, depth / total[:, 0] if mean == "normalised" else depth


def build_keras(
    *,
    points=None,
    views=None,
    ray="given",
    look="unit",
    repeated="each",
    skip="points_first",
    skip_relu="before",
    density="softplus",
    density_of="trunk",
    shift=1.0,
    feature=None,
    render=None,
):
    origins, directions = keras.Input((3,), name="origins"), keras.Input((3,), name="directions")
    depths = keras.Input((SAMPLES,), name="depths")
    lengths = ops.sqrt(ops.sum(ops.square(directions), axis=-1, keepdims=True))
    unit = directions / lengths
    along = ops.expand_dims(directions if ray == "given" else unit, 1) * ops.expand_dims(depths, -1)
    seen = waves(ops.expand_dims(origins, 1) + along, POINT_BANDS, **(points or {}))

    looking = waves(unit if look == "unit" else directions, VIEW_BANDS, **(views or {}))
    if repeated == "each":
        looking = ops.repeat(ops.expand_dims(looking, 1), SAMPLES, axis=1)
    else:
        looking = ops.reshape(ops.tile(looking, (SAMPLES, 1)), (-1, SAMPLES, looking.shape[-1]))

    x = seen
    for index in range(DEPTH):
        if index == SKIP:
            x = ops.concatenate([seen, x] if skip == "points_first" else [x, seen], axis=-1)
            x = ops.relu(x) if skip_relu == "after" else x
        x = layers.Dense(WIDTH, activation="relu", name=f"deep_{index}")(x)
    bottleneck = layers.Dense(WIDTH, activation=feature, name="bottleneck")(x)
    raw = layers.Dense(1, name="opacity")(x if density_of == "trunk" else bottleneck)[..., 0]
    opacity = {"softplus": ops.softplus, "relu": ops.relu}[density](raw - shift)
    shade = layers.Dense(VIEW_WIDTH, activation="relu", name="shade")(ops.concatenate([bottleneck, looking], axis=-1))
    colours = layers.Dense(3, activation="sigmoid", name="paint")(shade)

    colour, depth = march(colours, opacity, depths, lengths, **(render or {}))
    return keras.Model({"origins": origins, "directions": directions, "depths": depths}, {"colour": colour, "depth": depth})


def inputs():
    """Directions are not of length one; depths are drawn one from each of equal steps."""
    depths = NEAR + (FAR - NEAR) * (np.arange(SAMPLES) + uniform(RAYS, SAMPLES, seed=912)) / SAMPLES
    return {"origins": normal(RAYS, 3, seed=913, scale=0.4), "directions": normal(RAYS, 3, seed=914, scale=0.7), "depths": depths.astype("float32")}


def targets():
    """Red, green, blue and the depth."""
    return np.concatenate([uniform(RAYS, 3, seed=915), NEAR + uniform(RAYS, 1, seed=916, high=FAR - NEAR)], axis=1)


def torch_loss(output, target):
    return F.mse_loss(output["colour"], target[:, :3]) + 0.1 * F.mse_loss(output["depth"], target[:, 3])


def keras_loss(channels=ops.mean):
    def loss(outputs, target):
        of_colour = ops.mean(channels(ops.square(outputs["colour"] - target[:, :3]), axis=-1))
        return of_colour + 0.1 * ops.mean(ops.square(outputs["depth"] - target[:, 3]))

    return loss


def adam(beta_2=0.99):
    return TorchAdam(1e-2, beta_2=beta_2, epsilon=TINY)


LOSS = (torch_loss, keras_loss)
OPTIMIZER = (lambda parameters: torch.optim.Adam(parameters, lr=1e-2, betas=(0.9, 0.99), eps=TINY), adam)
LAYERS = {"field.density": "opacity", "field.feature": "bottleneck", "field.view": "shade", "field.colour": "paint"}
LAYERS |= {f"field.trunk.{index}": f"deep_{index}" for index in range(DEPTH)}


def load_not_transposed(torch_model, keras_model):
    """A square weight as torch has it."""
    copy_weights(torch_model, keras_model, LAYERS, lambda s: {n: a.T if n == "field.trunk.3.weight" else a for n, a in s.items()})


POINT, VIEW = ("field.encode_point", "field.trunk.0", "field"), ("field.encode_view", "field.view", "field")
JOINT = ("field.trunk.2", "field", "field.trunk.1")
FAULTS = [
    Fault("sines_first", POINT, "order", "all sines, then all cosines", {"points": {"order": "sines_first"}}),
    Fault("times_pi", POINT, "constant", "the paper's frequencies, times pi", {"points": {"unit": np.pi}}),
    Fault("bands_linear", VIEW, "constant", "frequencies evenly spaced, not doubling", {"views": {"spacing": "linear"}}),
    Fault("views_not_unit", VIEW, "missing step", "directions encoded at the length they came", {"look": "given"}),
    Fault("views_tiled", VIEW, "reshape", "directions tiled and reshaped: each sample gets another ray's", {"repeated": "tiled"}),
    Fault("rays_of_unit_length", POINT, "wrong tensor", "points along the direction of length one", {"ray": "unit"}),
    Fault("skip_order", JOINT[:2], "concat order", "the trunk first, the points second", {"skip": "trunk_first"}),
    Fault("relu_after_skip", JOINT, "activation", "ReLU on what was joined: it cuts the points too", {"skip_relu": "after"}),
    Fault("relu_density", ("field.density", "field"), "activation", "ReLU of the density, as in the paper", {"density": "relu"}),
    Fault("shift_forgotten", ("field.density", "field"), "constant", "one is not subtracted before softplus", {"shift": 0.0}),
    Fault("density_of_feature", ("field.density", "field"), "wiring", "the density from the bottleneck, not the trunk", {"density_of": "feature"}),
    Fault("feature_relu", ("field.feature", "field.view", "field"), "activation", "a ReLU on the bottleneck", {"feature": "relu"}),
    Fault("steps_not_scaled", "renderer", "missing step", "steps not times the direction's length", {"render": {"scaled": False}}),
    Fault("last_step", "renderer", "constant", "1e10 for the last step", {"render": {"last": "endless"}}),
    Fault("transmittance_late", "renderer", "off by one", "a sample shades itself", {"render": {"through": "after"}}),
    Fault("background_black", ("renderer", "output"), "missing term", "no white background", {"render": {"background": "black"}}),
    Fault("weight_not_transposed", ("field.trunk.3", "field.trunk.3.weight"), "weights", "a square weight as torch has it", load=load_not_transposed),
    Fault("depth_detached", "renderer", "gradient", "stop_gradient on the weights of the depth", {"render": {"detach": True}}, seen="grad"),
    Fault("channels_summed", "loss", "reduction", "squares summed over channels", seen="loss", loss=lambda: keras_loss(channels=ops.sum)),
    Fault("beta_2", "optimizer", "optimizer", "Adam's default beta_2 0.999", seen="step", optimizer=lambda: adam(0.999)),
]
