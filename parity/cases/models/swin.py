"""Swin transformer, in quick form (the same code, two narrow stages), and its parts: windows that need padding, that are shifted, that cover the whole map.

Smallest legal input: one patch.
"""

from parity.case import Build, Case, Draw, image, labels, mask

SWIN, ATTENTION, MERGING = "models.swin:SwinTransformer", "models.swin:ShiftedWindowAttention", "models.swin:PatchMerging"
QUICK = {"patch_size": [4, 4], "embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4], "num_classes": 5}


def _swin(name: str, window: tuple[int, int], x: Draw, kept: Draw | None = None, **rest) -> Case:
    config = {**QUICK, "window_size": list(window), **rest.pop("config", {})}
    return Case(SWIN, name, config=config, inputs={"x": x, "kept": kept}, **rest)


def _attention(name: str, shape: tuple[int, int, int], window: tuple[int, int], shift: tuple[int, int], **config) -> Case:
    config = {"dim": 6, "window_size": list(window), "shift_size": list(shift), "num_heads": 2, **config}
    inputs = {"x": Draw("normal", (*shape, 6), 0.0, 1.0)}  # (N, H, W, C) on both sides, as in torchvision
    return Case(ATTENTION, name, config=config, inputs=inputs)


TRAINED = {"training": True, "steps": 3, "loss": Build("losses.cross_entropy:CrossEntropyLoss")}

CASES = [
    _attention("whole-windows", (2, 6, 4), (3, 2), (0, 0)),
    _attention("padded", (1, 7, 5), (3, 2), (0, 0)),
    _attention("shifted", (2, 6, 8), (3, 4), (1, 2)),
    _attention("shifted-padded", (2, 7, 5), (3, 2), (1, 1), num_heads=3),
    _attention("shifted-one-axis", (1, 3, 7), (3, 3), (1, 1)),  # the window covers the rows: only columns move
    _attention("window-covers-all", (2, 2, 3), (4, 4), (2, 2)),
    _attention("no-biases", (1, 5, 4), (2, 2), (1, 1), qkv_bias=False, proj_bias=False),
    Case(MERGING, "even", config={"dim": 3}, inputs={"x": Draw("normal", (2, 4, 6, 3), 0.0, 1.0)}),
    Case(MERGING, "odd", config={"dim": 3}, inputs={"x": Draw("normal", (2, 5, 7, 3), 0.0, 1.0)}),
    Case(MERGING, "one-pixel", config={"dim": 2}, inputs={"x": Draw("normal", (1, 1, 1, 2), 0.0, 1.0)}),
    _swin("eval", (3, 3), image(1, 3, 24, 36)),
    _swin("eval-odd", (3, 2), image(2, 3, 29, 41)),
    _swin("smallest", (3, 3), image(2, 1, 4, 4), config={"in_channels": 1}),
    _swin("train-fed-masks", (3, 3), image(3, 3, 29, 24), kept=mask(8, 3), config={"stochastic_depth_prob": 0.4}, targets=labels(3, classes=5), **TRAINED),
]
