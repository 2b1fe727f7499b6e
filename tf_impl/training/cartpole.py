r"""DQN learns to balance a pole on a cart: CartPole-v1's equations, many carts at once, transitions from given actions, learning from given draws of them.

$$ t = \frac{F + m l\, \dot\theta^2 \sin\theta}{M}, \qquad \ddot\theta = \frac{g \sin\theta - t \cos\theta}{l\,(4/3 - m \cos^2\theta / M)}, \qquad
   \ddot x = t - \frac{m l}{M}\, \ddot\theta \cos\theta $$

Shapes: states (N, 4): x, ẋ, θ, θ̇; actions (N,), 0 left, 1 right; `balance`: start (N, 4), actions (T, N), replay (steps, batch) of N·T transitions.

Differs from PyTorch:
    `state[chosen]` is `ops.take(state, chosen, axis=0)`. Played freely the two would part: an action is a decision, and a value that is nearly a tie falls the
    other way by rounding. Given actions and draws make the runs comparable.

Source: Barto, Sutton and Anderson 1983; gymnasium's `CartPole-v1`; the notes, "DQN".
"""

import math

import tensorflow as tf
from jaxtyping import Bool, Float, Integer
from keras import ops

from tf_impl.models.dqn import DQN
from tf_impl.optimizers.adam import Adam
from tf_impl.saving._seeded import fill
from tf_impl.typing import Tensor


def move(state: Float[Tensor, "n 4"], action: Integer[Tensor, " n"]) -> tuple[Float[Tensor, "n 4"], Bool[Tensor, " n"]]:
    """The next states, and which carts are over."""
    x, speed, angle, spin = ops.unstack(state, axis=1)
    force = ops.cast(action, state.dtype) * 20 - 10
    sine, cosine = ops.sin(angle), ops.cos(angle)
    push = (force + 0.05 * spin**2 * sine) / 1.1
    turn = (9.8 * sine - cosine * push) / (0.5 * (4 / 3 - 0.1 * cosine**2 / 1.1))
    pull = push - 0.05 * turn * cosine / 1.1
    state = ops.stack([x + 0.02 * speed, speed + 0.02 * pull, angle + 0.02 * spin, spin + 0.02 * turn], axis=1)
    return state, ops.logical_or(ops.abs(state[:, 0]) > 2.4, ops.abs(state[:, 2]) > math.radians(12))


def balance(start: Float[Tensor, "n 4"], actions: Integer[Tensor, "t n"], replay: Integer[Tensor, "steps batch"], every: int) -> dict[str, Tensor | bool]:
    """Drives all carts by the given actions (one that is over begins again), learns from what was seen, and then drives by what was learned."""
    state, seen = start, []
    for action in actions:
        after, done = move(state, action)
        seen.append((state, action, ops.ones_like(after[:, 0]), after, done))
        state = ops.where(done[:, None], start, after)
    memory = [ops.concatenate(part) for part in zip(*seen, strict=True)]
    net = DQN(hidden=32)
    net.eval_net(start)
    fill(net.eval_net)
    weights, optimizer, losses = net.eval_net.trainable_variables, Adam(2.0**-6), []
    optimizer.build(weights)

    @tf.function
    def learn(chosen: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            loss = ops.mean(net(*(ops.take(part, chosen, axis=0) for part in memory)) ** 2)
        optimizer.apply(tape.gradient(loss, [v.value for v in weights]), weights)
        return loss

    for step, chosen in enumerate(replay):
        if step % every == 0:
            net.sync()
        losses.append(learn(chosen))
    told = {"states": memory[0], "falls": ops.sum(ops.cast(memory[4], "int64")), "losses": ops.stack(losses), "values": net.eval_net(start)}
    state, standing, steps = start, ops.ones((len(start),), "bool"), 0
    for _ in range(60):
        state, done = move(state, ops.argmax(net.eval_net(state), axis=1))
        standing = ops.logical_and(standing, ops.logical_not(done))
        steps += int(ops.sum(ops.cast(standing, "int32")))
    falls = max(int(told["falls"]), 1)
    return told | {"longer_than_by_chance": steps / len(start) > len(memory[0]) / falls}
