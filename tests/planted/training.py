"""Faults of losses, optimizers, demonstrations, models and training runs."""

import contextlib
import importlib

import keras
import tensorflow as tf
from keras import ops

from planted import Replaced, altered, assign, fault

# Losses


@fault("losses.mse:MSELoss[image-none]", "output:*", "input_grad:*")
def mse_takes_the_mean_over_the_last_axis_first(patch):
    altered(patch, "losses.mse:MSELoss", call=lambda self, input, target: ops.mean(ops.square(input - target), axis=-1))


@fault("losses.mse:MSELoss[sum]", "output:*", "input_grad:*")
def sum_is_a_mean(patch):
    altered(patch, "losses.mse:MSELoss", assign("reduction", "mean"))


@fault("losses.kl_div:KLDivLoss[batchmean]", "output:*", "input_grad:*")
def divergence_is_divided_by_all_elements(patch):
    altered(patch, "losses.kl_div:KLDivLoss", assign("reduction", "mean"))


@fault("losses.smooth_l1:SmoothL1Loss[beta2.0]", "output:*", "input_grad:input", "input_grad:target")
def smooth_l1_is_huber(patch):
    def call(self, input, target):
        distance = ops.abs(input - target)
        return ops.where(distance < self.beta, 0.5 * distance * distance, self.beta * (distance - 0.5 * self.beta))

    altered(patch, "losses.smooth_l1:SmoothL1Loss", call=call)


@fault("losses.cross_entropy:CrossEntropyLoss[weighted-ignored-mean]", "output:*", "input_grad:*")
def weighted_mean_is_divided_by_the_batch(patch):
    """As `fit(class_weight=…)` does."""

    def call(self, input, target):
        losses, _ = importlib.import_module("tf_impl.losses.cross_entropy").negative_log_likelihood(self, ops.log_softmax(input), target)
        return ops.mean(losses)

    altered(patch, "losses.cross_entropy:CrossEntropyLoss", call=call)


@fault("losses.bce_with_logits:BCEWithLogitsLoss[mean]", "output:*", "input_grad:*")
def logits_are_taken_for_probabilities(patch):
    altered(patch, "losses.bce_with_logits:BCEWithLogitsLoss", call=lambda self, input, target: ops.mean(ops.binary_crossentropy(target, input)))


@fault("losses.bce_with_logits:BCEWithLogitsLoss[mean]", "input_grad:*")
def gradient_is_stopped_beyond_a_clip(patch):
    """Right values: the gradient of the logits beyond ±20 is lost."""
    altered(
        patch,
        "losses.bce_with_logits:BCEWithLogitsLoss",
        __call__=lambda self, input, target: self.call(ops.where(ops.abs(input) < 20, input, ops.stop_gradient(input)), target),
    )


# Optimizers

AFTER_THE_CHANGE = (21, 30, 36, 40, 50, "1-50")  # recorded steps after step 20, when the learning rate changes


@fault("optimizers.sgd:SGD[momentum-lr-changes]", *(f"step:*@{step}" for step in AFTER_THE_CHANGE), "slot:*")
def momentum_holds_the_learning_rate(patch):
    """Keras' buffer: the same steps until the rate changes at step 21."""

    def update_step(self, gradient, variable, learning_rate):
        gradient, lr = self.begin(gradient, variable, learning_rate)
        buffer = self.momentums[self._get_variable_index(variable)]
        self.assign(buffer, self.momentum * buffer + lr * gradient)
        self.assign_sub(variable, buffer)

    altered(patch, "optimizers.sgd:SGD", update_step=update_step)


@fault("optimizers.sgd:SGD[weight-decay]", "step:*")
def weight_decay_is_forgotten(patch):
    altered(patch, "optimizers.sgd:SGD", assign("weight_decay", 0.0))


@fault("optimizers.sgd:SGD[dampening]", "step:*", "slot:*")
def first_gradient_is_dampened_too(patch):
    altered(patch, "optimizers.sgd:SGD", count=lambda self, variable: ops.cast(2.0, "float64"))


@fault("optimizers.adam:Adam[gradients-1e-7]", "step:*")
def adam_adds_epsilon_before_the_correction(patch):
    """Keras' place of ε."""

    def update_step(self, gradient, variable, learning_rate):
        self.eps = self.epsilon
        step = self._steps[self._get_variable_index(variable)] + 1
        self.eps = self.epsilon / ops.cast(ops.sqrt(1 - self.beta_2 ** ops.cast(step, "float64")), variable.dtype)
        right(self, gradient, variable, learning_rate)

    right = importlib.import_module("tf_impl.optimizers.adam").Adam.update_step
    altered(patch, "optimizers.adam:Adam", update_step=update_step)


@fault("optimizers.rmsprop:RMSprop[gradients-1e-4]", "step:*")
def rmsprop_adds_epsilon_under_the_root(patch):
    altered(patch, "optimizers.rmsprop:RMSprop", assign("eps", 0.0))
    patch.setattr("tf_impl.optimizers.rmsprop.ops", Replaced(sqrt=lambda x: ops.sqrt(x + 1e-8)))


@fault("optimizers.adagrad:Adagrad[defaults]", "step:*", "slot:*.sum")
def adagrad_starts_from_a_tenth(patch):
    altered(patch, "optimizers.adagrad:Adagrad", assign("initial_accumulator_value", 0.1))


@fault("optimizers.adamw:AdamW[decay-lr-changes]", *(f"step:*@{step}" for step in AFTER_THE_CHANGE))
def decay_is_not_scaled_by_the_learning_rate(patch):
    """But by the first rate for ever."""

    def update_step(self, gradient, variable, learning_rate):
        self.assign(variable, variable * (1 + (ops.cast(learning_rate, variable.dtype) - 0.02) * self.weight_decay))
        right(self, gradient, variable, learning_rate)

    right = importlib.import_module("tf_impl.optimizers.adamw").AdamW.update_step
    altered(patch, "optimizers.adamw:AdamW", update_step=update_step)


# Demonstrations: tensors, facts, printed numbers, declared differences


@fault("autograd.no_tracking:no_tracking[notes]", "fact:no_grad_tracked", "printed:no_grad_tracked (Keras)")
def nothing_stops_the_tape(patch):
    patch.setattr(tf.GradientTape, "stop_recording", lambda self: contextlib.nullcontext())


@fault("losses.from_scratch:compare_cross_entropy[notes]", "output:by hand", "output:from rounded probabilities", "printed:by hand (Keras)")
def printed_number_is_missed(patch):
    patch.setattr("tf_impl.losses.from_scratch.cross_entropy", lambda actual, predicted: -ops.mean(actual * ops.log(predicted)))


@fault("autograd.accumulation:micro_batches[thirds]", "output:accumulated")
def parts_are_not_divided_by_their_number(patch):
    squared = keras.losses.mean_squared_error
    patch.setattr(keras.losses, "mean_squared_error", lambda y, x: squared(y, x) * (1 if y.shape[0] == 12 else 3))


@fault("autograd.accumulation:accumulation[vector]", "output:second", "output:after_zeroing", "known:fact:adds_up_by_itself")
def declared_difference_is_gone(patch):
    """Accumulating gradients: then the declaration that they do not is a fault."""
    total = {}

    def gradient(self, target, source, output_gradients):
        found = right(self, target, source, output_gradients=output_gradients)
        total[id(source)] = total.get(id(source), 0) + found
        return total[id(source)]

    right = tf.GradientTape.gradient
    patch.setattr(tf.GradientTape, "gradient", gradient)


# Models and training


@fault("models.lenet:LeNet[train]", "output:*", "loss:*", "input_grad:*", "grad:*", "step:*")
def model_has_relu_for_tanh(patch):
    patch.setattr("tf_impl.models.lenet.ops", Replaced(tanh=ops.relu))


@fault("models.lenet:LeNet[train]", "output:*", "loss:*", "input_grad:*", "grad:*", "step:*")
def model_flattens_as_keras(patch):
    patch.setattr("tf_impl.models.lenet.Flatten", keras.layers.Flatten)


@fault("models.lenet:LeNet[train]", "grad:conv?.*", "step:conv?.*", "input_grad:*", "step:*@2", "step:*@3")
def gradient_stops_before_the_convolutions(patch):
    """Right outputs and loss; as a stray `stop_gradient` or `numpy()` does."""
    altered(patch, "models.lenet:Flatten", call=lambda self, inputs: ops.stop_gradient(right(self, inputs)))
    from tf_impl.layers.flatten import Flatten

    right = Flatten.call


@fault("models.lenet:LeNet[digits]", "trajectory:*")
def training_has_a_weight_decay_of_a_millionth(patch):
    altered(patch, "optimizers.sgd:SGD", assign("weight_decay", 1e-6))


@fault("models.lenet:LeNet[digits]", "trajectory:*")
def training_weighs_one_image_more(patch):
    """One image of each batch of 32 counts 0.1 % more."""

    def call(self, input, target):
        losses, _ = importlib.import_module("tf_impl.losses.cross_entropy").negative_log_likelihood(self, ops.log_softmax(input), target)
        return ops.mean(losses) + 1e-3 * losses[0] / 32

    altered(patch, "losses.cross_entropy:CrossEntropyLoss", call=call)
