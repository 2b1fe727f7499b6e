"""Data in Keras and TensorFlow: sets, loaders, splits."""

from tf_impl.datasets.data_loader import DataLoader as DataLoader
from tf_impl.datasets.data_loader import batches as batches
from tf_impl.datasets.data_loader import collated as collated
from tf_impl.datasets.data_loader import default_collate as default_collate
from tf_impl.datasets.data_loader import defaults as defaults
from tf_impl.datasets.data_loader import fetched as fetched
from tf_impl.datasets.dataset import ConcatDataset as ConcatDataset
from tf_impl.datasets.dataset import Dataset as Dataset
from tf_impl.datasets.dataset import Notes as Notes
from tf_impl.datasets.dataset import Subset as Subset
from tf_impl.datasets.dataset import TensorDataset as TensorDataset
from tf_impl.datasets.dataset import samples as samples
from tf_impl.datasets.samplers import BatchSampler as BatchSampler
from tf_impl.datasets.samplers import PermutationSampler as PermutationSampler
from tf_impl.datasets.samplers import RandomSampler as RandomSampler
from tf_impl.datasets.samplers import SequentialSampler as SequentialSampler
from tf_impl.datasets.samplers import SubsetRandomSampler as SubsetRandomSampler
from tf_impl.datasets.samplers import WeightedRandomSampler as WeightedRandomSampler
from tf_impl.datasets.samplers import orders as orders
