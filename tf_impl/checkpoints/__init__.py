"""Published weights: files of others, read without running what may be in them."""

from tf_impl.checkpoints.pretrained import from_pretrained as from_pretrained
from tf_impl.checkpoints.pretrained import read_checkpoint as read_checkpoint
