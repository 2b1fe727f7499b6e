"""Weights and whole models on disk: both frameworks' own formats, those of other runtimes, and what is refused."""

from torch_ref.saving.state_dict import StateError as StateError
from torch_ref.saving.state_dict import load_state_dict as load_state_dict
