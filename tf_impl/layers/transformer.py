"""The Transformer: encoder and decoder, their layers and stacks, with PyTorch's arguments, names, axes and masks."""

from collections.abc import Callable

import keras
from jaxtyping import Bool, Float

from tf_impl.activations.gelu import GELU
from tf_impl.activations.relu import ReLU
from tf_impl.layers._attention import ExplicitMasks, Flag, additive, causal
from tf_impl.layers.container import ModuleList
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.layer_norm import LayerNorm
from tf_impl.layers.linear import Linear
from tf_impl.layers.multihead_attention import MultiheadAttention
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")
_ACTIVATIONS = {"relu": ReLU, "gelu": GELU}
_Activation = str | Callable[[Tensor], Tensor]
_Mask = Bool[Tensor, "..."] | Float[Tensor, "..."] | None


class _Nested(ExplicitMasks):
    """Arguments that are layers or functions go into the configuration as Keras writes them."""

    def get_config(self) -> dict:
        return {name: keras.saving.serialize_keras_object(value) if callable(value) else value for name, value in super().get_config().items()}

    @classmethod
    def from_config(cls, config: dict):
        return cls(**{name: keras.saving.deserialize_keras_object(value) if isinstance(value, dict) else value for name, value in config.items()})


class _Block(_Nested):
    def __init__(self, norms: int, d_model: int, dim_feedforward: int, dropout: float, activation: _Activation, layer_norm_eps: float, norm_first: bool,
                 bias: bool, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if isinstance(activation, str) and activation not in _ACTIVATIONS:
            raise ValueError(f'activation must be "relu", "gelu" or a function, got {activation!r}')
        self.norm_first = norm_first
        self.linear1 = Linear(d_model, dim_feedforward, bias, dtype=self.dtype_policy)
        self.dropout = Dropout(dropout, dtype=self.dtype_policy)
        self.linear2 = Linear(dim_feedforward, d_model, bias, dtype=self.dtype_policy)
        self.activation = _ACTIVATIONS[activation](dtype=self.dtype_policy) if isinstance(activation, str) else activation
        for i in range(1, norms + 1):
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, dtype=self.dtype_policy))
            setattr(self, f"dropout{i}", Dropout(dropout, dtype=self.dtype_policy))

    def _residual(self, i: int, x: Tensor, block: Callable[[Tensor], Tensor]) -> Tensor:
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        return x + dropout(block(norm(x))) if self.norm_first else norm(x + dropout(block(x)))

    def _attend(self, attention: MultiheadAttention, x: Tensor, memory: Tensor, mask: Tensor | None, padding: Tensor | None, is_causal: bool) -> Tensor:
        return attention(x, memory, memory, key_padding_mask=padding, need_weights=False, attn_mask=mask, is_causal=is_causal)[0]

    def _feed_forward(self, x: Tensor) -> Tensor:
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


@_register
class TransformerEncoderLayer(_Block):
    r"""Attention of a sequence to itself, then a network of two layers for each place, both beside a shortcut and normalised.

    $$ x \leftarrow \mathrm{LN}_1(x + \mathrm{MHA}(x, x, x)), \qquad x \leftarrow \mathrm{LN}_2(x + W_2\,a(W_1 x + b_1) + b_2) $$

    With `norm_first` each block reads a normalised x, and the shortcut the unnormalised: $x \leftarrow x + \mathrm{MHA}(\mathrm{LN}_1(x), \dots)$.

    Args:
        d_model: E, features.
        nhead: heads of the attention.
        dim_feedforward: F, features between W₁ and W₂.
        dropout: probability of dropping an attention weight, an output of a, or of a block.
        activation: a: "relu", "gelu" (the exact one) or a function.
        layer_norm_eps: added to the variances.
        batch_first: the first axis of batched inputs is the batch, not time.
        norm_first: normalise before the blocks instead of after.
        bias: of the projections, W₁, W₂ and the norms.

    Called with (src) and
        src_mask: where a place may *not* attend, or floats added to the scores.
        src_key_padding_mask: places that nothing attends to, or floats.
        is_causal: says that `src_mask` is the causal one, which may then be applied in its place.

    Shapes:
        src and output (S, N, E), or (N, S, E) if `batch_first`, or (S, E); src_mask (S, S) or (N·H, S, S), src_key_padding_mask (N, S) or (S,).
        Weights: `self_attn` a MultiheadAttention, `linear1` E→F, `linear2` F→E, `norm1`, `norm2`.

    Raises:
        ValueError: another activation's name; as `MultiheadAttention`.

    Differs from PyTorch:
        Keras has no such layer; of its parts, `LayerNormalization` has epsilon 1e-3 for 1e-5, `MultiHeadAttention` no dropout by default for 0.1 here.
        PyTorch evaluates without gradients on another path, which zeroes what `src_key_padding_mask` says is padding (0 for 2.3); the twin never does.
        (`torch.backends.mha.set_fastpath_enabled(False)` makes PyTorch do as with gradients.)

    Source: Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745.
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: _Activation = "relu",
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(2, d_model, dim_feedforward, dropout, activation, layer_norm_eps, norm_first, bias, **kwargs)
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=self.dtype_policy)
        self.built = True

    def call(
        self,
        src: Float[Tensor, "*sn e"],
        src_mask: _Mask = None,
        src_key_padding_mask: _Mask = None,
        is_causal: Flag = False,
        training: bool | None = None,
    ) -> Float[Tensor, "*sn e"]:
        x = self._residual(1, src, lambda x: self._attend(self.self_attn, x, x, src_mask, src_key_padding_mask, is_causal))
        return self._residual(2, x, self._feed_forward)


@_register
class TransformerDecoderLayer(_Block):
    r"""As `TransformerEncoderLayer`, with attention to an encoder's output, the memory m, in between.

    $$ x \leftarrow \mathrm{LN}_1(x + \mathrm{MHA}(x, x, x)), \qquad x \leftarrow \mathrm{LN}_2(x + \mathrm{MHA}(x, m, m)), \qquad
       x \leftarrow \mathrm{LN}_3(x + W_2\,a(W_1 x + b_1) + b_2) $$

    Args:
        as `TransformerEncoderLayer`.

    Called with (tgt, memory) and
        tgt_mask, memory_mask: where a place of tgt may *not* attend, in tgt and in memory, or floats added to the scores.
        tgt_key_padding_mask, memory_key_padding_mask: places that nothing attends to, or floats.
        tgt_is_causal, memory_is_causal: say that the mask is the causal one, which may then be applied in its place.

    Shapes:
        tgt and output (T, N, E), memory (S, N, E), or (N, T, E), … if `batch_first`, or (T, E), …; tgt_mask (T, T) or (N·H, T, T),
        memory_mask (T, S) or (N·H, T, S), the padding masks (N, T) and (N, S). Weights: `self_attn`, `multihead_attn`, `linear1`, `linear2`,
        `norm1` to `norm3`.

    Raises:
        ValueError: as `TransformerEncoderLayer`.

    Differs from PyTorch: as `TransformerEncoderLayer`; PyTorch has no other path for decoders.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1, activation: _Activation = "relu",
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False, bias: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(3, d_model, dim_feedforward, dropout, activation, layer_norm_eps, norm_first, bias, **kwargs)
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=self.dtype_policy)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, bias, batch_first=batch_first, dtype=self.dtype_policy)
        self.built = True

    def call(
        self,
        tgt: Float[Tensor, "*tn e"],
        memory: Float[Tensor, "*sn e"],
        tgt_mask: _Mask = None,
        memory_mask: _Mask = None,
        tgt_key_padding_mask: _Mask = None,
        memory_key_padding_mask: _Mask = None,
        tgt_is_causal: Flag = False,
        memory_is_causal: Flag = False,
        training: bool | None = None,
    ) -> Float[Tensor, "*tn e"]:
        x = self._residual(1, tgt, lambda x: self._attend(self.self_attn, x, x, tgt_mask, tgt_key_padding_mask, tgt_is_causal))
        x = self._residual(2, x, lambda x: self._attend(self.multihead_attn, x, memory, memory_mask, memory_key_padding_mask, memory_is_causal))
        return self._residual(3, x, self._feed_forward)


class _Stack(_Nested):
    def __init__(self, layer: keras.layers.Layer, num_layers: int, norm: keras.layers.Layer | None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.layers = ModuleList(_copy(layer) for _ in range(num_layers))
        self.num_layers = num_layers
        self.norm = norm
        self.built = True

    def _through(self, x: Tensor, *inputs: Tensor, **masks: Tensor | bool | None) -> Tensor:
        for layer in self.layers:
            x = layer(x, *inputs, **masks)
        return x if self.norm is None else self.norm(x)


def _copy(layer: keras.layers.Layer) -> keras.layers.Layer:
    config = layer.get_config()
    copy = type(layer).from_config({name: value for name, value in config.items() if name != "name"})
    copy.set_weights(layer.get_weights())
    return copy


@_register
class TransformerEncoder(_Stack):
    """Encoder layers one after the other, and a norm if given.

    Args:
        encoder_layer: copied `num_layers` times; the copies start with its weights.
        num_layers: how many.
        norm: applied to the output.
        enable_nested_tensor, mask_check: accepted for PyTorch's sake, whose evaluation without gradients they concern.

    Called with (src) and
        mask, src_key_padding_mask, is_causal: for every layer; is_causal may be None, which PyTorch takes as "find out".

    Shapes:
        as `TransformerEncoderLayer`. Weights: `layers.0`, `layers.1`, …, `norm`.

    Differs from PyTorch: as `TransformerEncoderLayer`; what `enable_nested_tensor` does to padding in evaluation, the twin never does.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    def __init__(self, encoder_layer: keras.layers.Layer, num_layers: int, norm: keras.layers.Layer | None = None, enable_nested_tensor: bool = True,
                 mask_check: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(encoder_layer, num_layers, norm, **kwargs)

    def call(
        self,
        src: Float[Tensor, "*sn e"],
        mask: _Mask = None,
        src_key_padding_mask: _Mask = None,
        is_causal: Flag | None = None,
        training: bool | None = None,
    ) -> Float[Tensor, "*sn e"]:
        return self._through(src, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=bool(is_causal))


@_register
class TransformerDecoder(_Stack):
    """Decoder layers one after the other, all with the same memory, and a norm if given.

    Args:
        decoder_layer: copied `num_layers` times; the copies start with its weights.
        num_layers: how many.
        norm: applied to the output.

    Called as `TransformerDecoderLayer`; tgt_is_causal may be None, which PyTorch takes as "find out".

    Shapes:
        as `TransformerDecoderLayer`. Weights: `layers.0`, `layers.1`, …, `norm`.

    Differs from PyTorch: as `TransformerDecoderLayer`.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    def __init__(self, decoder_layer: keras.layers.Layer, num_layers: int, norm: keras.layers.Layer | None = None, **kwargs) -> None:
        super().__init__(decoder_layer, num_layers, norm, **kwargs)

    def call(
        self,
        tgt: Float[Tensor, "*tn e"],
        memory: Float[Tensor, "*sn e"],
        tgt_mask: _Mask = None,
        memory_mask: _Mask = None,
        tgt_key_padding_mask: _Mask = None,
        memory_key_padding_mask: _Mask = None,
        tgt_is_causal: Flag | None = None,
        memory_is_causal: Flag = False,
        training: bool | None = None,
    ) -> Float[Tensor, "*tn e"]:
        return self._through(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=bool(tgt_is_causal),
            memory_is_causal=memory_is_causal,
        )


@_register
class Transformer(_Nested):
    """An encoder of src, whose output is the memory of a decoder of tgt. Each ends with a norm of its own. Neither embeds tokens nor knows positions.

    Args:
        d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias: as `TransformerEncoderLayer`.
        num_encoder_layers: layers of the encoder.
        num_decoder_layers: layers of the decoder.
        custom_encoder: an encoder instead, called as `TransformerEncoder`.
        custom_decoder: a decoder instead, called as `TransformerDecoder`.

    Called with (src, tgt) and
        src_mask, tgt_mask, memory_mask: where a place may *not* attend, or floats added to the scores.
        src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: places that nothing attends to; that of the memory is not taken from src's.
        src_is_causal, tgt_is_causal, memory_is_causal: say that a mask is the causal one.

    Shapes:
        src (S, N, E), tgt and output (T, N, E), or (N, S, E), … if `batch_first`, or (S, E), …; masks as the layers. Weights: `encoder.layers.0`, …,
        `encoder.norm`, `decoder.layers.0`, …, `decoder.norm`; all matrices start uniform by Glorot's rule.

    Raises:
        ValueError: batches or features that do not fit; as the layers.

    Differs from PyTorch: as the layers.

    Source: Vaswani et al. 2017, arXiv:1706.03762.
    """

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6, num_decoder_layers: int = 6, dim_feedforward: int = 2048,
                 dropout: float = 0.1, activation: _Activation = "relu", custom_encoder: keras.layers.Layer | None = None,
                 custom_decoder: keras.layers.Layer | None = None, layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        sizes = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)
        policy = {"dtype": self.dtype_policy}

        def stack(kind: type[_Stack], layer: type[_Block], count: int) -> _Stack:
            return kind(layer(*sizes, **policy), count, LayerNorm(d_model, layer_norm_eps, bias=bias, **policy), **policy)

        self.encoder = custom_encoder or stack(TransformerEncoder, TransformerEncoderLayer, num_encoder_layers)
        self.decoder = custom_decoder or stack(TransformerDecoder, TransformerDecoderLayer, num_decoder_layers)
        for variable in self.trainable_variables:
            if len(variable.shape) > 1:
                variable.assign(keras.initializers.GlorotUniform()(variable.shape, variable.dtype))
        self.built = True

    def call(
        self,
        src: Float[Tensor, "*sn e"],
        tgt: Float[Tensor, "*tn e"],
        src_mask: _Mask = None,
        tgt_mask: _Mask = None,
        memory_mask: _Mask = None,
        src_key_padding_mask: _Mask = None,
        tgt_key_padding_mask: _Mask = None,
        memory_key_padding_mask: _Mask = None,
        src_is_causal: Flag | None = None,
        tgt_is_causal: Flag | None = None,
        memory_is_causal: Flag = False,
        training: bool | None = None,
    ) -> Float[Tensor, "*tn e"]:
        shapes = f"got src {tuple(src.shape)} and tgt {tuple(tgt.shape)}"
        batch_axis = 0 if self.batch_first else 1
        if len(src.shape) == 3 and len(tgt.shape) == 3 and src.shape[batch_axis] != tgt.shape[batch_axis]:
            raise ValueError(f"src and tgt must have equal batches on axis {batch_axis}, {shapes}")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise ValueError(f"src and tgt must have d_model={self.d_model} features, {shapes}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal)
        return self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )

    @staticmethod
    def generate_square_subsequent_mask(sz: int, dtype: str | None = None) -> Float[Tensor, "sz sz"]:
        """0 on and below the diagonal, −∞ above it."""
        return additive(causal(sz, sz), blocked=False, dtype=dtype or keras.config.floatx(), name="mask")
