"""Published weights: files of others, read without running what may be in them."""

from torch_ref.checkpoints.pretrained import from_pretrained as from_pretrained
from torch_ref.checkpoints.pretrained import read_checkpoint as read_checkpoint
