"""What the notes say wrongly, run in PyTorch."""

from torch_ref.errata.data import files_and_types as files_and_types
from torch_ref.errata.data import pipeline as pipeline
from torch_ref.errata.data import ranges as ranges
from torch_ref.errata.data import samples as samples
from torch_ref.errata.losses import average as average
from torch_ref.errata.losses import constructor as constructor
from torch_ref.errata.losses import hand_written as hand_written
from torch_ref.errata.losses import rounded as rounded
from torch_ref.errata.losses import sigmoid_is_no_step as sigmoid_is_no_step
from torch_ref.errata.losses import sum_or_mean as sum_or_mean
from torch_ref.errata.losses import swapped as swapped
from torch_ref.errata.names import misspelled as misspelled
from torch_ref.errata.names import old_names as old_names
from torch_ref.errata.names import torchvision_names as torchvision_names
from torch_ref.errata.networks import double_conv as double_conv
from torch_ref.errata.networks import evaluation as evaluation
from torch_ref.errata.networks import mini_batches as mini_batches
from torch_ref.errata.networks import networks as networks
from torch_ref.errata.networks import prediction_at_four as prediction_at_four
from torch_ref.errata.networks import pyramid_resolution as pyramid_resolution
