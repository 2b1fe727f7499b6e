"""Transformer: layers and stacks, norms before and after, both activations, no biases, batch or time first, unbatched, masks of every kind, training."""

from parity.case import Build, Case, array, mask, values

SIZES = {"d_model": 6, "nhead": 2, "dim_feedforward": 7, "dropout": 0.0}
SRC = {"src": array(5, 3, 6)}
TGT = {"tgt": array(4, 3, 6), "memory": array(5, 3, 6)}
LATER_SRC = values([[key > query for key in range(5)] for query in range(5)])
LATER_TGT = values([[key > query for key in range(4)] for query in range(4)])
LATER_ADDED = values([[float("-inf") if key > query else 0.0 for key in range(5)] for query in range(5)], differentiable=False)
SRC_PADDING = values([[False] * 5, [False] * 3 + [True] * 2, [False, True, False, False, True]])
TGT_PADDING = values([[False] * 4, [False] * 2 + [True] * 2, [False, True, False, False]])
NO_KEY_LEFT = values([[True] * 5, [False] * 5, [False] * 4 + [True]])

_MODULE = "layers.transformer"


def _encoder_layer(name: str, inputs=SRC, *, training: bool = False, steps: int = 0, **config) -> Case:
    return Case("layers.transformer:TransformerEncoderLayer", name, config={**SIZES, **config}, inputs=inputs, training=training, steps=steps)


def _decoder_layer(name: str, inputs=TGT, *, training: bool = False, steps: int = 0, **config) -> Case:
    return Case("layers.transformer:TransformerDecoderLayer", name, config={**SIZES, **config}, inputs=inputs, training=training, steps=steps)


def _stack(kind: str, name: str, inputs, *, training: bool = False, steps: int = 0, norm: bool = False, num_layers: int = 2, **layer) -> Case:
    config = {f"{kind.lower()}_layer": Build(f"layers.transformer:Transformer{kind}Layer", {**SIZES, **layer}), "num_layers": num_layers}
    if norm:
        config["norm"] = Build("layers.layer_norm:LayerNorm", {"normalized_shape": 6})
    if kind == "Encoder":
        config["enable_nested_tensor"] = False
    return Case(f"layers.transformer:Transformer{kind}", name, config=config, inputs=inputs, training=training, steps=steps)


def _transformer(name: str, inputs=None, *, training: bool = False, steps: int = 0, **config) -> Case:
    config = {**SIZES, "num_encoder_layers": 1, "num_decoder_layers": 1, **config}
    inputs = inputs or {"src": array(5, 3, 6), "tgt": array(4, 3, 6)}
    return Case("layers.transformer:Transformer", name, config=config, inputs=inputs, training=training, steps=steps)


CASES = [
    _encoder_layer("default"),
    _encoder_layer("training", training=True, steps=3),
    _encoder_layer("dropout-in-evaluation", dropout=0.5),
    _encoder_layer("norm-first", norm_first=True, training=True, steps=3),
    _encoder_layer("gelu", activation="gelu", layer_norm_eps=0.1),
    _encoder_layer("no-bias", bias=False),
    _encoder_layer("no-bias-norm-first", bias=False, norm_first=True, activation="gelu"),
    _encoder_layer("batch-first", {"src": array(3, 5, 6), "src_mask": None, "src_key_padding_mask": SRC_PADDING}, batch_first=True),
    _encoder_layer("unbatched", {"src": array(5, 6), "src_mask": LATER_SRC, "src_key_padding_mask": values([False, False, True, False, True])}),
    _encoder_layer("unbatched-batch-first", {"src": array(5, 6)}, batch_first=True),
    _encoder_layer("mask-of-each-head", {**SRC, "src_mask": mask(6, 5, 5, keep=0.3)}),
    _encoder_layer("masks-added", {**SRC, "src_mask": array(5, 5), "src_key_padding_mask": array(3, 5)}),
    _encoder_layer("both-masks", {**SRC, "src_mask": LATER_SRC, "src_key_padding_mask": SRC_PADDING}),
    _encoder_layer("no-key-left", {**SRC, "src_mask": None, "src_key_padding_mask": NO_KEY_LEFT}, steps=2),
    _encoder_layer("one-place", {"src": array(1, 1, 6)}, nhead=3),
    _decoder_layer("default"),
    _decoder_layer("training", training=True, steps=3),
    _decoder_layer("norm-first", norm_first=True, training=True, steps=3),
    _decoder_layer("gelu-no-bias", activation="gelu", bias=False),
    _decoder_layer(
        "all-masks",
        {**TGT, "tgt_mask": LATER_TGT, "memory_mask": mask(4, 5, keep=0.2), "tgt_key_padding_mask": TGT_PADDING, "memory_key_padding_mask": SRC_PADDING},
    ),
    _decoder_layer("batch-first", {"tgt": array(3, 4, 6), "memory": array(3, 5, 6), "tgt_mask": LATER_TGT}, batch_first=True, dropout=0.5),
    _decoder_layer("unbatched", {"tgt": array(4, 6), "memory": array(5, 6), "tgt_mask": LATER_TGT}),
    _stack("Encoder", "default", SRC),
    _stack("Encoder", "training", {**SRC, "mask": LATER_SRC}, training=True, steps=3, norm=True),
    _stack("Encoder", "three-norm-first", {**SRC, "mask": None, "src_key_padding_mask": SRC_PADDING}, num_layers=3, norm=True, norm_first=True),
    _stack("Encoder", "causal-found", {**SRC, "mask": LATER_ADDED}, activation="gelu"),
    _stack("Encoder", "batch-first", {"src": array(3, 5, 6), "mask": None, "src_key_padding_mask": SRC_PADDING}, batch_first=True),
    _stack("Decoder", "default", TGT, norm=True),
    _stack("Decoder", "training", {**TGT, "tgt_mask": LATER_TGT}, training=True, steps=3),
    _stack("Decoder", "masks", {**TGT, "tgt_mask": LATER_TGT, "memory_mask": None, "tgt_key_padding_mask": None, "memory_key_padding_mask": SRC_PADDING}),
    _transformer("default"),
    _transformer("training", num_encoder_layers=2, num_decoder_layers=2, training=True, steps=3),
    _transformer("norm-first-gelu-no-bias", norm_first=True, activation="gelu", bias=False, layer_norm_eps=1e-3),
    _transformer(
        "all-masks",
        {
            "src": array(5, 3, 6),
            "tgt": array(4, 3, 6),
            "src_mask": LATER_SRC,
            "tgt_mask": LATER_TGT,
            "memory_mask": mask(4, 5, keep=0.2),
            "src_key_padding_mask": SRC_PADDING,
            "tgt_key_padding_mask": TGT_PADDING,
            "memory_key_padding_mask": SRC_PADDING,
        },
    ),
    _transformer("batch-first", {"src": array(3, 5, 6), "tgt": array(3, 4, 6)}, batch_first=True, dropout=0.5),
    _transformer("unbatched", {"src": array(5, 6), "tgt": array(4, 6)}),
    Case(f"{_MODULE}:TransformerEncoderLayer", "causal", config=SIZES, inputs={**SRC, "mask": LATER_SRC}, arguments={"is_causal": True}, training=True),
    Case(f"{_MODULE}:TransformerDecoderLayer", "causal", config=SIZES, inputs={**TGT, "mask": LATER_TGT}, arguments={"tgt_is_causal": True}, training=True),
    Case(
        f"{_MODULE}:Transformer",
        "causal",
        config={**SIZES, "num_encoder_layers": 1, "num_decoder_layers": 1},
        inputs={"src": array(5, 3, 6), "tgt": array(4, 3, 6), "src_mask": LATER_SRC, "tgt_mask": LATER_TGT},
        arguments={"src_is_causal": True, "tgt_is_causal": True, "memory_is_causal": False},
    ),
]
