"""Layers and optimizers of their own that careful people write where Keras' differ from PyTorch's."""

import keras


class UnbiasedNorm(keras.layers.BatchNormalization):
    """PyTorch normalises with the biased variance and keeps the unbiased one."""

    def call(self, inputs, training=None, mask=None):
        if not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        before = keras.ops.copy(self.moving_variance)
        outputs = super().call(inputs, training=training, mask=mask)
        after = keras.ops.convert_to_tensor(self.moving_variance)
        count = keras.ops.cast(keras.ops.size(inputs) // inputs.shape[-1], after.dtype)
        self.moving_variance.assign(after + (after - self.momentum * before) / (count - 1))
        return outputs


class CoupledSGD(keras.optimizers.SGD):
    """torch.optim.SGD: weight decay is part of the gradient, so it enters the momentum."""

    def __init__(self, learning_rate, momentum=0.0, nesterov=False, decay=0.0, **options):
        super().__init__(learning_rate, momentum=momentum, nesterov=nesterov, **options)
        self.coupled = decay

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient + self.coupled * keras.ops.convert_to_tensor(variable), variable, learning_rate)


class TorchAdam(keras.optimizers.Adam):
    """torch.optim.Adam: epsilon is added to the root of the corrected second moment; weight decay is part of the gradient."""

    def __init__(self, learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-8, decay=0.0, **options):
        super().__init__(learning_rate, beta_1=beta_1, beta_2=beta_2, epsilon=epsilon, **options)
        self.coupled = decay

    def update_step(self, gradient, variable, learning_rate):
        dtype, index = variable.dtype, self._get_variable_index(variable)
        step = keras.ops.cast(self.iterations + 1, dtype)
        gradient = keras.ops.cast(gradient, dtype) + self.coupled * keras.ops.convert_to_tensor(variable)
        first, second = self._momentums[index], self._velocities[index]
        self.assign(first, self.beta_1 * first + (1 - self.beta_1) * gradient)
        self.assign(second, self.beta_2 * second + (1 - self.beta_2) * gradient * gradient)
        mean = first / (1 - keras.ops.power(keras.ops.convert_to_tensor(self.beta_1, dtype), step))
        square = second / (1 - keras.ops.power(keras.ops.convert_to_tensor(self.beta_2, dtype), step))
        self.assign_sub(variable, keras.ops.cast(learning_rate, dtype) * mean / (keras.ops.sqrt(square) + self.epsilon))


class TorchAdamW(TorchAdam):
    """torch.optim.AdamW: the weights shrink by learning rate times decay before the step."""

    def __init__(self, learning_rate, shrink=1e-2, **options):
        super().__init__(learning_rate, **options)
        self.shrink = shrink

    def update_step(self, gradient, variable, learning_rate):
        rate = keras.ops.cast(learning_rate, variable.dtype)
        self.assign(variable, keras.ops.convert_to_tensor(variable) * (1 - rate * self.shrink))
        super().update_step(gradient, variable, learning_rate)


class TorchRMSprop(keras.optimizers.RMSprop):
    """torch.optim.RMSprop: epsilon is added to the root, not under it."""

    def __init__(self, learning_rate, rho=0.99, epsilon=1e-8, **options):
        super().__init__(learning_rate, rho=rho, epsilon=epsilon, **options)

    def update_step(self, gradient, variable, learning_rate):
        average = self._velocities[self._get_variable_index(variable)]
        self.assign(average, self.rho * average + (1 - self.rho) * gradient * gradient)
        self.assign_sub(variable, keras.ops.cast(learning_rate, variable.dtype) * gradient / (keras.ops.sqrt(average) + self.epsilon))
