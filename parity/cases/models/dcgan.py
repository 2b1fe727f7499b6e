"""DCGAN, narrow: both networks at 8 (the smallest legal size), 16 and 32 pixels, training, and both in one alternating training."""

from parity.case import Build, Case, DemoCase, Figure, image, uniform

G, D, TRAIN = "models.dcgan:Generator", "models.dcgan:Discriminator", "models.dcgan:train_gan"
BCE = Build("losses.bce:BCELoss")
RUN = Figure("Twelve alternating steps", {"output:loss of D": "loss of D", "output:loss of G": "loss of G"}, axes=("step", "loss"))

CASES = [
    Case(G, "eval", config={"nz": 5, "ngf": 3, "nc": 2, "image_size": 16}, inputs={"z": image(1, 5, 1, 1)}),
    Case(G, "train", config={"nz": 5, "ngf": 3, "image_size": 16}, inputs={"z": image(3, 5, 1, 1)}, training=True, steps=3),
    Case(G, "train-smallest", config={"nz": 2, "ngf": 3, "nc": 1, "image_size": 8}, inputs={"z": image(2, 2, 1, 1)}, training=True),
    Case(D, "eval", config={"ndf": 3, "nc": 2, "image_size": 16}, inputs={"x": image(1, 2, 16, 16)}),
    Case(D, "eval-32", config={"ndf": 2, "nc": 1, "image_size": 32}, inputs={"x": image(2, 1, 32, 32)}),
    Case(
        D,
        "train",
        config={"ndf": 3, "image_size": 16},
        inputs={"x": image(3, 3, 16, 16)},
        training=True,
        steps=3,
        loss=BCE,
        targets=uniform(3),
    ),
    Case(D, "train-smallest", config={"ndf": 3, "nc": 1, "image_size": 8}, inputs={"x": image(2, 1, 8, 8)}, training=True),
    DemoCase(TRAIN, "three-steps", inputs={"noise": image(9, 5, 1, 1), "real": image(9, 2, 8, 8)}, backends=("tensorflow",)),
    DemoCase(
        TRAIN,
        "wider",
        inputs={"noise": image(8, 3, 1, 1), "real": image(8, 3, 16, 16)},
        config={"steps": 2, "nz": 3, "ngf": 3, "ndf": 2, "image_size": 16, "lr": 0.0009765625},
        backends=("tensorflow",),
    ),
    DemoCase(
        TRAIN,
        "run",
        inputs={"noise": image(96, 5, 1, 1), "real": image(96, 2, 8, 8)},
        config={"steps": 12, "lr": 0.00390625},
        backends=("tensorflow",),
        figures=(RUN,),
    ),
]
