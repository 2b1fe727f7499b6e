"""Which Keras variable holds which piece of torch's weights, and how: the seams of flattens, norms folded into the layer before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from parity.diagnosis.layouts import squeezed
from parity.diagnosis.patches import Patch, patch_of
from parity.diagnosis.units import CALLED, CELLS, NORMS, Held, Piece, Unit, held_of_cell
from parity.weights import Part, convolution, permuted, same, transposed

PRODUCTS = frozenset({"linear", "conv", "conv_transpose"})
WEIGHT_ROLES = frozenset({"weight", "weight_ih", "weight_hh"})


@dataclass(eq=False)
class Seam:
    """Between a flatten and the first dense layer: torch flattens (C, *space), the Keras side (*space, C)."""

    shape: tuple[int, ...]  # (C, *space)

    def _places(self) -> np.ndarray:
        return np.moveaxis(np.arange(int(np.prod(self.shape))).reshape(self.shape), 0, -1).reshape(-1)

    def to_keras(self, array: np.ndarray) -> np.ndarray:
        """Of the last axis, which is flattened."""
        return array[..., self._places()]

    def to_torch(self, array: np.ndarray) -> np.ndarray:
        return array[..., np.argsort(self._places())]


@dataclass(eq=False)
class Fold:
    """A batch norm of the torch side that the Keras side has multiplied into the layer before it: right in evaluation only."""

    norm: Unit

    def factors(self, state: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        read = {role: piece.take(state).astype(np.float64) for role, piece in self.norm.pieces.items()}
        scale = read.get("weight", 1.0) / np.sqrt(read["running_var"] + self.norm.layer.eps)
        return scale, read["running_mean"], read.get("bias", np.zeros_like(read["running_mean"]))


@dataclass(eq=False)
class Binding:
    """One Keras variable and the torch pieces it holds, a piece a role; `missing` roles have no torch counterpart."""

    held: Held
    pieces: tuple[Piece | None, ...]
    seam: Seam | None = None
    fold: Fold | None = None
    out_seam: Seam | None = None  # of what the layer gives, where it is unflattened behind
    patch: Patch | None = None  # a convolution on the one side, a dense layer over its windows on the other

    @property
    def complete(self) -> bool:
        return all(piece is not None for piece in self.pieces) or (self.held.summed and any(piece is not None for piece in self.pieces))

    @property
    def filled(self) -> bool:
        """Whether torch has anything for it."""
        return self.fold is not None or any(piece is not None for piece in self.pieces)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(piece.label for piece in self.pieces if piece is not None)

    def fill(self, state: Mapping[str, np.ndarray]) -> np.ndarray:
        """What the variable has to hold."""
        arrays = []
        for role, piece in zip(self.held.roles, self.pieces, strict=True):
            if piece is None and self.fold is not None:
                array = np.zeros(next(iter(self.fold.norm.pieces.values())).shape)
            elif piece is None:
                like = next(p for p in self.pieces if p is not None)
                arrays.append(np.zeros(like.shape, state[like.name].dtype))
                continue
            else:
                array = piece.take(state)
            if self.fold is not None:
                array = self._folded(role, array, state)
            array = self.patch.to_keras(array) if self.patch is not None and role == "weight" else array
            array = self.seam.to_keras(array) if self.seam is not None and role == "weight" else array
            arrays.append(array if self.out_seam is None else self.out_seam.to_keras(array.T).T)
        return np.array(self.held.value(tuple(arrays)), order="C")

    def _folded(self, role: str, array: np.ndarray, state: Mapping[str, np.ndarray]) -> np.ndarray:
        assert self.fold is not None
        scale, mean, shift = self.fold.factors(state)
        if role == "weight":
            return array.astype(np.float64) * scale.reshape(-1, *[1] * (array.ndim - 1))
        return (array.astype(np.float64) - mean) * scale + shift

    def canonical(self, array: np.ndarray) -> list[tuple[str, np.ndarray]]:
        """A gradient (or a value, where the variable is no sum) under torch's names and in torch's layout."""
        arrays = self.held.canonical(array)
        found = []
        for role, piece, value in zip(self.held.roles, self.pieces, arrays, strict=True):
            if piece is not None:
                value = value if self.out_seam is None else self.out_seam.to_torch(value.T).T
                value = self.patch.to_torch(value) if self.patch is not None and role == "weight" else value
                value = value.T if piece.turned else value
                found.append((piece.label, self.seam.to_torch(value) if self.seam is not None and role == "weight" else value))
        return found


def laid_as(keras: tuple[int, ...], torch: tuple[int, ...]) -> Part | None:
    """How a variable of this shape lies to a torch weight of that shape: as it is, transposed, or as a convolution's kernel."""
    if keras == torch[::-1] and len(torch) == 2:
        return transposed("weight")
    if len(torch) > 2 and keras == (*torch[2:], torch[1], torch[0]):
        return convolution("weight")
    if len(torch) > 2 and keras == (torch[0], *torch[2:], torch[1]):  # a value of its own, with the channels last
        return permuted("weight", lambda rank: (0, rank - 1, *range(1, rank - 1)))
    if len(torch) > 2 and keras == (*torch[1:], torch[0]):
        return permuted("weight", lambda rank: (rank - 1, *range(rank - 1)))
    if keras == torch:
        return same("weight")
    inner = laid_as(keras, torch[1:]) if len(torch) > 2 and torch[0] == 1 else None  # a kernel with an axis for the batch
    if inner is None:
        return None
    return Part(("weight",), lambda a: (inner.to_torch(a)[0][None],), lambda arrays: inner.to_keras((arrays[0][0],)))


def kernel(keras: tuple[int, ...], torch: tuple[int, ...]) -> Part | None:
    """How a variable that values are multiplied with lies to a dense layer's weight (out, in): (in, out), with either of them cut into several axes.

    That of a convolution (out, in, *space) lies as Keras' own.
    """
    if len(torch) != 2:
        return convolution("weight") if len(torch) > 2 and keras == (*torch[2:], torch[1], torch[0]) else None
    outside, inside = torch
    cut_out = len(keras) > 1 and keras[0] == inside and math.prod(keras[1:]) == outside
    cut_in = len(keras) > 1 and keras[-1] == outside and math.prod(keras[:-1]) == inside
    if not (cut_out or cut_in):
        return None
    return Part(("weight",), lambda a: (a.reshape(inside, outside).T,), lambda arrays: np.ascontiguousarray(arrays[0].T).reshape(keras))


def reshaped(name: str, keras: tuple[int, ...], torch: tuple[int, ...]) -> Part:
    return Part((name,), lambda a: (a.reshape(torch),), lambda arrays: arrays[0].reshape(keras))


def _own_product(torch: Unit, keras: Unit) -> list[Binding] | None:
    """A dense layer or a convolution on variables of the user's own: a kernel, and a bias if torch has one."""
    piece, found = torch.pieces["weight"], []
    for held in keras.held:
        shape = tuple(held.variable.shape)
        part = kernel(shape, piece.shape)
        if part is None and shape == piece.shape and len(shape) > 1:  # multiplied as torch does, transposed
            part = same("weight")
        if part is not None:
            found.append(Binding(Held(held.variable, ("weight",), part), (piece,)))
        elif "bias" in torch.pieces and math.prod(shape) == math.prod(torch.pieces["bias"].shape):
            found.append(Binding(Held(held.variable, ("bias",), reshaped("bias", shape, torch.pieces["bias"].shape)), (torch.pieces["bias"],)))
    return found if sorted(b.held.roles[0] for b in found) == sorted(torch.pieces) else None


def bind_own(torch: Unit, keras: Unit) -> list[Binding] | None:
    """A layer of the user's own with weights like those of a torch module: roles by name, else by order, among equal shapes."""
    if torch.kind in CELLS and "weight_ih" in torch.pieces:
        cell = held_of_cell(torch, [h.variable for h in keras.held]) or []
        return [Binding(held, tuple(torch.pieces.get(role) for role in held.roles)) for held in cell] if cell and len(cell) == len(keras.held) else None
    if len(torch.pieces) != len(keras.held) or torch.kind not in NORMS | PRODUCTS | {"prelu"}:
        return None
    if torch.kind in PRODUCTS:
        return _own_product(torch, keras)
    left = dict(torch.pieces)
    found: dict[int, Binding] = {}
    for by_name in (True, False):
        for held in keras.held:
            if id(held) in found:
                continue
            shape = tuple(held.variable.shape)
            role = next((r for r, p in left.items() if p.shape == shape and (not by_name or held.variable.name in CALLED.get(r, ()))), None)
            if role is not None:
                found[id(held)] = Binding(held, (left.pop(role),))
    return None if left else [found[id(held)] for held in keras.held]


def bind(torch: Unit, keras: Unit) -> list[Binding] | None:
    """The variables of a Keras unit with torch's pieces; None where shapes do not fit. Roles that one side lacks are left out."""
    if keras.kind == "own":
        return bind_own(torch, keras)
    bindings = []
    for held, shapes in zip(keras.held, _role_shapes(keras), strict=True):
        pieces: list[Piece | None] = []
        patch: Patch | None = None
        for role, shape in zip(held.roles, shapes, strict=True):
            piece = torch.pieces.get(role) or (next(iter(torch.pieces.values())) if "raw" in (torch.kind, keras.kind) and len(torch.pieces) == 1 else None)
            if piece is None:
                pieces.append(None)
            elif torch.kind == keras.kind == "layer_norm" and len(shape) > 2 and (*piece.shape[1:], piece.shape[0]) == shape:  # over channels and space
                held = replace(held, part=permuted(role, lambda rank: (rank - 1, *range(rank - 1))))
                pieces.append(piece)
            elif piece.shape == shape:
                pieces.append(piece)
            elif squeezed(piece.shape) == squeezed(shape) and (role == "weight" or torch.kind == "raw"):
                pieces.append(replace(piece, shape=shape))
            elif torch.kind == keras.kind == "raw" and (part := laid_as(shape, piece.shape)) is not None:
                held = replace(held, part=replace(part, names=(role,)))
                pieces.append(piece)
            elif {torch.kind, keras.kind} == {"linear", "conv"} and role == "weight" and (patch := patch_of(piece.shape, shape)) is not None:
                pieces.append(piece)
            else:
                return None
        bindings.append(Binding(held, tuple(pieces), patch=patch))
    return bindings


def _role_shapes(unit: Unit) -> list[list[tuple[int, ...]]]:
    return [[a.shape for a in held.canonical(np.broadcast_to(np.float32(0), tuple(held.variable.shape)))] for held in unit.held]


def kinship(torch: Unit, keras: Unit) -> int:
    """3: same kind, all roles on both sides; 2: a kindred kind; 1: roles that one side lacks; 0: no."""
    one, other = torch.kind, keras.kind
    if other == "own":
        return 2 if bind_own(torch, keras) is not None else 0
    kindred = (
        {one, other} == {"linear", "conv"}
        or {one, other} <= NORMS
        or ("raw" in {one, other} and {one, other} <= {"raw", "embedding", "linear", "prelu", "rms_norm"} and len(keras.held) == 1)
    )
    if one != other and not kindred:
        return 0
    bindings = bind(torch, keras)
    if bindings is None or not bindings:
        return 0
    used = {piece.label for binding in bindings for piece in binding.pieces if piece is not None}
    weighty = any(role.rpartition(".")[2] in WEIGHT_ROLES for b in bindings for role, p in zip(b.held.roles, b.pieces, strict=True) if p is not None)
    if not used or not (weighty or "raw" in {one, other} or one in NORMS):
        return 0
    whole = all(b.complete and (not b.held.summed or None not in b.pieces) for b in bindings) and len(used) == len(torch.pieces)
    if not whole:
        lacking = {role for b in bindings for role, p in zip(b.held.roles, b.pieces, strict=True) if p is None} | (
            {role for role, piece in torch.pieces.items()} - {role for b in bindings for role in b.held.roles}
        )
        return 1 if all(role.endswith(("bias", "bias_ih", "bias_hh")) or one in NORMS for role in lacking) or one == "raw" else 0
    return 3 if one == other else 2
