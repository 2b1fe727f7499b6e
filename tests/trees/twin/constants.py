"""Imported by `affine` only."""

SCALE = 1.5
