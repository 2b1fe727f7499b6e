"""Convolutional autoencoders: plain, variational, with a codebook."""

import keras
import tensorflow as tf
import torch
from keras import layers, ops
from torch import nn
from torch.nn import functional as F

from benchmarks.faults.building import normal, uniform


class ConvAutoencoder(nn.Module):
    def __init__(self, latent=7):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 6, 3, 2, 1), nn.ReLU(), nn.Conv2d(6, 10, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(10 * 4 * 3, latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, 10 * 4 * 3),
            nn.ReLU(),
            nn.Unflatten(1, (10, 4, 3)),
            nn.ConvTranspose2d(10, 6, 3, 2, 1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(6, 1, 3, 2, 1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


def conv_autoencoder():
    """Two nested Sequentials; the transposed convolutions are unpadded and cropped."""
    enc = keras.Sequential(
        [
            keras.Input((16, 12, 1)),
            layers.ZeroPadding2D(1),
            layers.Conv2D(6, 3, 2, activation="relu"),
            layers.ZeroPadding2D(1),
            layers.Conv2D(10, 3, 2, activation="relu"),
            layers.Flatten(),
            layers.Dense(7),
        ],
        name="encoder",
    )
    crop = ((1, 0), (1, 0))  # ConvTranspose2d(k=3, s=2, p=1, output_padding=1)
    dec = keras.Sequential(
        [
            keras.Input((7,)),
            layers.Dense(4 * 3 * 10, activation="relu"),
            layers.Reshape((4, 3, 10)),
            layers.Conv2DTranspose(6, 3, 2),
            layers.Cropping2D(crop),
            layers.ReLU(),
            layers.Conv2DTranspose(1, 3, 2),
            layers.Cropping2D(crop),
            layers.Activation("sigmoid"),
        ],
        name="decoder",
    )
    inputs = keras.Input((16, 12, 1))
    x = uniform(5, 1, 16, 12, seed=28)
    return {
        "torch_model": ConvAutoencoder(),
        "keras_model": keras.Model(inputs, dec(enc(inputs))),
        "inputs": x,
        "loss": (nn.MSELoss(), keras.losses.MeanSquaredError()),
        "targets": x,
        "optimizer": (lambda parameters: torch.optim.SGD(parameters, lr=0.05, momentum=0.9), lambda: keras.optimizers.SGD(0.05, momentum=0.9)),
    }


class VAE(nn.Module):
    def __init__(self, latent=5):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 4, 2, 1)
        self.conv2 = nn.Conv2d(8, 12, 4, 2, 1)
        self.fc_mu = nn.Linear(12 * 3 * 4, latent)
        self.fc_logvar = nn.Linear(12 * 3 * 4, latent)
        self.fc_dec = nn.Linear(latent, 12 * 3 * 4)
        self.deconv1 = nn.ConvTranspose2d(12, 8, 4, 2, 1)
        self.deconv2 = nn.ConvTranspose2d(8, 3, 4, 2, 1)

    def encode(self, x):
        h = F.leaky_relu(self.conv1(x))
        h = F.leaky_relu(self.conv2(h)).view(x.shape[0], -1)
        return self.fc_mu(h), self.fc_logvar(h)

    def reparameterize(self, mu, logvar):
        if self.training:
            return mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        return mu

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = self.reparameterize(mu, logvar)
        h = F.leaky_relu(self.fc_dec(z)).view(-1, 12, 3, 4)
        h = F.leaky_relu(self.deconv1(h))
        return torch.sigmoid(self.deconv2(h)), mu, logvar


class KerasVAE(keras.Model):
    def __init__(self, latent=5):
        super().__init__()

        def activation():
            return layers.LeakyReLU(negative_slope=0.01)

        self.enc = keras.Sequential(
            [
                layers.Conv2D(8, 4, 2, padding="same"),
                activation(),
                layers.Conv2D(12, 4, 2, padding="same"),
                activation(),
                layers.Permute((3, 1, 2)),
                layers.Flatten(),
            ]
        )
        self.logvar = layers.Dense(latent)
        self.mu = layers.Dense(latent)
        self.dec = keras.Sequential(
            [
                layers.Dense(144),
                activation(),
                layers.Reshape((12, 3, 4)),
                layers.Permute((2, 3, 1)),
                layers.Conv2DTranspose(8, 4, 2, padding="same"),
                activation(),
                layers.Conv2DTranspose(3, 4, 2, padding="same", activation="sigmoid"),
            ]
        )

    def call(self, x, training=False):
        h = self.enc(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu
        if training:
            z = mu + keras.random.normal(ops.shape(mu), dtype=mu.dtype) * ops.exp(0.5 * logvar)
        return self.dec(z), mu, logvar


def vae_eval():
    """Subclassed with two Sequentials; Permute keeps PyTorch's order at both flattens, the two heads are created the other way round."""
    model = KerasVAE()
    model(ops.zeros((1, 12, 16, 3)))
    return {
        "torch_model": VAE().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 12, 16, seed=29),
    }


class EMAQuantizer(nn.Module):
    def __init__(self, dim, n_embed, decay=0.99, eps=1e-5):
        super().__init__()
        self.decay, self.eps = decay, eps
        embed = torch.randn(dim, n_embed)
        self.register_buffer("embed", embed)
        self.register_buffer("cluster_size", torch.zeros(n_embed))
        self.register_buffer("embed_avg", embed.clone())

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        dist = flat.pow(2).sum(1, keepdim=True) - 2 * flat @ self.embed + self.embed.pow(2).sum(0, keepdim=True)
        ind = (-dist).max(1)[1]
        onehot = F.one_hot(ind, self.embed.shape[1]).type(flat.dtype)
        ind = ind.view(*x.shape[:-1])
        q = F.embedding(ind, self.embed.t())
        if self.training:
            with torch.no_grad():
                self.cluster_size.mul_(self.decay).add_(onehot.sum(0), alpha=1 - self.decay)
                self.embed_avg.mul_(self.decay).add_(flat.t() @ onehot, alpha=1 - self.decay)
                n = self.cluster_size.sum()
                size = (self.cluster_size + self.eps) / (n + self.embed.shape[1] * self.eps) * n
                self.embed.copy_(self.embed_avg / size.unsqueeze(0))
        return x + (q - x).detach(), ind


class VQVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(3, 8, 4, 2, 1), nn.ReLU(), nn.Conv2d(8, 6, 3, 1, 1))
        self.quantize = EMAQuantizer(6, 13)
        self.dec = nn.Sequential(nn.Conv2d(6, 8, 3, 1, 1), nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1))

    def forward(self, x):
        z = self.enc(x).permute(0, 2, 3, 1)
        q, ind = self.quantize(z)
        return self.dec(q.permute(0, 3, 1, 2)), ind


class KerasVectorQuantizer(keras.layers.Layer):
    def __init__(self, n_embed, decay=0.99, eps=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.n, self.decay, self.eps = n_embed, decay, eps

    def build(self, shape):
        d = shape[-1]
        self.embed = self.add_weight(shape=(d, self.n), trainable=False, name="embed", initializer=keras.initializers.RandomNormal(stddev=1.0))
        self.embed_avg = self.add_weight(shape=(d, self.n), initializer="zeros", trainable=False, name="embed_avg")
        self.embed_avg.assign(self.embed)
        self.cluster_size = self.add_weight(shape=(self.n,), initializer="zeros", trainable=False, name="cluster_size")

    def call(self, x, training=False):
        flat = tf.reshape(x, [-1, x.shape[-1]])
        e = tf.convert_to_tensor(self.embed)
        dist = tf.reduce_sum(flat**2, 1, keepdims=True) - 2 * flat @ e + tf.reduce_sum(e**2, 0)
        idx = tf.argmin(dist, axis=1)
        q = tf.reshape(tf.gather(tf.transpose(e), idx), tf.shape(x))
        if training:
            hot = tf.one_hot(idx, self.n, dtype=flat.dtype)
            self.cluster_size.assign(self.decay * self.cluster_size + (1 - self.decay) * tf.reduce_sum(hot, 0))
            self.embed_avg.assign(self.decay * self.embed_avg + (1 - self.decay) * tf.matmul(flat, hot, transpose_a=True))
            n = tf.reduce_sum(self.cluster_size)
            size = (self.cluster_size + self.eps) / (n + self.n * self.eps) * n
            self.embed.assign(self.embed_avg / size)
        return x + tf.stop_gradient(q - x), tf.reshape(idx, tf.shape(x)[:-1])


class KerasVQVAE(keras.Model):
    def __init__(self):
        super().__init__()
        self.decoder = keras.Sequential([layers.Conv2D(8, 3, padding="same", activation="relu"), layers.Conv2DTranspose(3, 4, 2, padding="same")])
        self.encoder = keras.Sequential([layers.Conv2D(8, 4, 2, padding="same", activation="relu"), layers.Conv2D(6, 3, padding="same")])
        self.vq = KerasVectorQuantizer(13)

    def call(self, x, training=False):
        q, idx = self.vq(self.encoder(x), training=training)
        return self.decoder(q), idx


def vqvae_ema():
    """Subclassed, the decoder made first; the codebook is made of weights that are not trained, looked up with TensorFlow operations."""
    model = KerasVQVAE()
    model(tf.zeros((1, 14, 18, 3)))
    return {
        "torch_model": VQVAE().eval(),
        "keras_model": model,
        "inputs": normal(2, 3, 14, 18, seed=63),
    }


PAIRS = (conv_autoencoder, vae_eval, vqvae_ema)
