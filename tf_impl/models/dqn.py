"""Deep Q-learning: a network says what each action is worth, and learns from what it says of the next state."""

import keras
import numpy as np
from jaxtyping import Bool, Float, Integer
from keras import ops

from tf_impl.initializers.normal import Normal
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.models._images import check_images
from tf_impl.models._model import Model
from tf_impl.optimizers.adam import Adam
from tf_impl.saving.state_dict import load_state_dict, state_dict
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class QNetwork(Model):
    """n_states – hidden – n_actions, a ReLU between; weights start at N(0, 0.1²).

    Args:
        n_states: numbers that describe a state.
        n_actions: actions there are.
        hidden: features between.

    Shapes:
        input (N, n_states), output (N, n_actions): what each action is worth.

    Raises:
        ValueError: states of another length.

    Differs from PyTorch: as `Linear`.

    Source: the notes, "DQN"; Mnih et al. 2013, arXiv:1312.5602.
    """

    def __init__(self, n_states: int = 4, n_actions: int = 2, hidden: int = 50, **kwargs) -> None:
        super().__init__(**kwargs)
        self.fc1 = Linear(n_states, hidden, kernel_initializer=Normal(0.0, 0.1))
        self.out = Linear(hidden, n_actions, kernel_initializer=Normal(0.0, 0.1))

    def call(self, x: Float[Tensor, "n s"]) -> Float[Tensor, "n a"]:
        return self.out(ops.relu(self.fc1(x)))


@_register
class AtariQNetwork(Model):
    """conv 8×8/4 – conv 4×4/2 – conv 3×3 – linear – linear, a ReLU after each but the last: the network of the paper.

    Args:
        n_actions: actions there are.
        in_channels: frames that lie behind one another as channels.
        image_size: H and W of a frame.
        width: channels of the first convolution; the others have twice as many.
        hidden: features of the first linear layer.

    Shapes:
        input (N, H, W, in_channels), at least 36×36, output (N, n_actions). 1,686,180 numbers for 4 actions.

    Raises:
        ValueError: frames of another size than `image_size`, with other channels, or of integers: Atari's 0 … 255 are divided by 255 first.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first, so that `fc1`'s weight is PyTorch's transposed and not permuted as well.

    Source: Mnih et al. 2015, "Human-level control through deep reinforcement learning".
    """

    def __init__(self, n_actions: int, in_channels: int = 4, image_size: tuple[int, int] = (84, 84), width: int = 32, hidden: int = 512, **kwargs) -> None:
        super().__init__(**kwargs)
        if min(image_size) < 36:
            raise ValueError(f"image_size must be at least 36 by 36, got {tuple(image_size)}")
        self.in_channels, self.image_size = in_channels, tuple(image_size)
        self.conv1 = Conv2d(in_channels, width, 8, 4)
        self.conv2 = Conv2d(width, 2 * width, 4, 2)
        self.conv3 = Conv2d(2 * width, 2 * width, 3, 1)
        self.flatten = Flatten()
        rows, columns = (((size - 8) // 4 + 1 - 4) // 2 + 1 - 2 for size in image_size)
        self.fc1 = Linear(2 * width * rows * columns, hidden)
        self.out = Linear(hidden, n_actions)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n a"]:
        check_images(self, x, self.in_channels, self.image_size)
        x = ops.relu(self.conv1(x))
        x = ops.relu(self.conv2(x))
        x = ops.relu(self.conv3(x))
        x = ops.relu(self.fc1(self.flatten(x)))
        return self.out(x)


@_register
class DQN(Model):
    r"""The temporal difference of `eval_net`, which learns, against `target_net`, which does not.

    $$ \delta = Q(s, a) - \bigl(r + \gamma\,(1 - \text{done})\, \max_{a'} Q^-(s', a')\bigr) $$

    Args:
        n_states: numbers that describe a state.
        n_actions: actions there are.
        hidden: features between.
        gamma: γ, what a reward is worth one step later.

    Shapes:
        states (N, n_states), actions (N,) integers, rewards (N,), next states (N, n_states), done (N,) booleans; output δ (N,).

    Raises:
        ValueError: states of another length.

    Differs from PyTorch:
        `target_net.trainable = False` says what `requires_grad_(False)` says; set after `compile` it has no effect until the next `compile`.

    Source: Mnih et al. 2015; the notes, "DQN".
    """

    def __init__(self, n_states: int = 4, n_actions: int = 2, hidden: int = 50, gamma: float = 0.9, **kwargs) -> None:
        super().__init__(**kwargs)
        self.gamma = gamma
        self.eval_net = QNetwork(n_states, n_actions, hidden)
        self.target_net = QNetwork(n_states, n_actions, hidden)
        self.target_net.trainable = False
        self.sync()

    def sync(self) -> None:
        """Copies what was learned into the target network."""
        self.target_net.set_weights(self.eval_net.get_weights())

    def call(
        self,
        state: Float[Tensor, "n s"],
        action: Integer[Tensor, " n"],
        reward: Float[Tensor, " n"],
        next_state: Float[Tensor, "n s"],
        done: Bool[Tensor, " n"],
    ) -> Float[Tensor, " n"]:
        said = ops.squeeze(ops.take_along_axis(self.eval_net(state), ops.expand_dims(action, 1), axis=1), 1)
        best = ops.max(self.target_net(next_state), axis=1)
        return said - ops.stop_gradient(reward + self.gamma * best * ops.cast(ops.logical_not(done), best.dtype))


def learn(
    state: Float[Tensor, "m s"],
    action: Integer[Tensor, " m"],
    reward: Float[Tensor, " m"],
    next_state: Float[Tensor, "m s"],
    done: Bool[Tensor, " m"],
    replay: Integer[Tensor, "steps batch"],
    hidden: int = 6,
    lr: float = 2.0**-6,
    every: int = 2,
) -> dict[str, Tensor]:
    """Learns from a memory of transitions, one row of `replay` (steps, batch) after another; the target network is renewed `every` so many steps.

    Differs from PyTorch:
        The tape stands around the forward pass; `ops.take` picks the transitions that PyTorch's `state[chosen]` picks.

    Source: Mnih et al. 2015, algorithm 1 with the transitions given.
    """
    import tensorflow as tf

    net = DQN(state.shape[1], 3, hidden)
    net.eval_net(state[:1])
    drawn, rng = state_dict(net.eval_net), np.random.default_rng(0)
    load_state_dict(net.eval_net, {name: rng.normal(0.0, 0.5, drawn[name].shape).astype(np.float32) for name in sorted(drawn)})
    weights, optimizer, losses = net.eval_net.trainable_variables, Adam(lr), []
    for step, chosen in enumerate(replay):
        if step % every == 0:
            net.sync()
        with tf.GradientTape() as tape:
            error = net(*(ops.take(part, chosen, axis=0) for part in (state, action, reward, next_state, done)))
            loss = ops.mean(error**2)
        optimizer.apply(tape.gradient(loss, [v.value for v in weights]), weights)
        losses.append(loss)
    values = net.eval_net(state)
    return {"losses": ops.stack(losses), "values": values, "best actions": ops.argmax(values, axis=1), "old values": net.target_net(state)}
