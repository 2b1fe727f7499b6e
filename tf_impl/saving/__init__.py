"""Weights and whole models on disk: both frameworks' own formats, those of other runtimes, and what is refused."""

from tf_impl.saving.state_dict import StateError as StateError
from tf_impl.saving.state_dict import load_state_dict as load_state_dict
