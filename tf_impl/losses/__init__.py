"""Losses with PyTorch's names, arguments, order (input, target) and reductions; classes are last."""

from tf_impl.losses._keras_loss import keras_loss as keras_loss
from tf_impl.losses.bce import BCELoss as BCELoss
from tf_impl.losses.bce_with_logits import BCEWithLogitsLoss as BCEWithLogitsLoss
from tf_impl.losses.cosine_embedding import CosineEmbeddingLoss as CosineEmbeddingLoss
from tf_impl.losses.cross_entropy import CrossEntropyLoss as CrossEntropyLoss
from tf_impl.losses.from_scratch import binary_cross_entropy_with_logits as binary_cross_entropy_with_logits
from tf_impl.losses.from_scratch import compare_binary_cross_entropy as compare_binary_cross_entropy
from tf_impl.losses.from_scratch import compare_cross_entropy as compare_cross_entropy
from tf_impl.losses.from_scratch import compare_softmax as compare_softmax
from tf_impl.losses.from_scratch import cross_entropy as cross_entropy
from tf_impl.losses.from_scratch import softmax as softmax
from tf_impl.losses.hinge_embedding import HingeEmbeddingLoss as HingeEmbeddingLoss
from tf_impl.losses.kl_div import KLDivLoss as KLDivLoss
from tf_impl.losses.l1 import L1Loss as L1Loss
from tf_impl.losses.margin_ranking import MarginRankingLoss as MarginRankingLoss
from tf_impl.losses.mse import MSELoss as MSELoss
from tf_impl.losses.nll import NLLLoss as NLLLoss
from tf_impl.losses.smooth_l1 import HuberLoss as HuberLoss
from tf_impl.losses.smooth_l1 import SmoothL1Loss as SmoothL1Loss
from tf_impl.losses.triplet_margin import TripletMarginLoss as TripletMarginLoss
from tf_impl.losses.triplet_margin import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss
from tf_impl.losses.triplet_margin import squared_distance as squared_distance
