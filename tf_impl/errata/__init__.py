"""What the notes say wrongly, run in Keras."""

from tf_impl.errata.data import files_and_types as files_and_types
from tf_impl.errata.data import pipeline as pipeline
from tf_impl.errata.data import ranges as ranges
from tf_impl.errata.data import samples as samples
from tf_impl.errata.losses import average as average
from tf_impl.errata.losses import constructor as constructor
from tf_impl.errata.losses import hand_written as hand_written
from tf_impl.errata.losses import rounded as rounded
from tf_impl.errata.losses import sigmoid_is_no_step as sigmoid_is_no_step
from tf_impl.errata.losses import sum_or_mean as sum_or_mean
from tf_impl.errata.losses import swapped as swapped
from tf_impl.errata.names import misspelled as misspelled
from tf_impl.errata.names import old_names as old_names
from tf_impl.errata.names import torchvision_names as torchvision_names
from tf_impl.errata.networks import double_conv as double_conv
from tf_impl.errata.networks import evaluation as evaluation
from tf_impl.errata.networks import mini_batches as mini_batches
from tf_impl.errata.networks import networks as networks
from tf_impl.errata.networks import prediction_at_four as prediction_at_four
from tf_impl.errata.networks import pyramid_resolution as pyramid_resolution
