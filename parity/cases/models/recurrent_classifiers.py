"""Recurrent classifiers, narrow: rows of images (28×28 as in the notes; odd sizes; one row), tokens in sentences of unequal lengths, training, real digits.

Smallest legal input: one row, one token.
"""

from parity.case import Build, Case, TrainingCase, image, labels, tokens, values

HERE = "models.recurrent_classifiers"
ROWS = {"hidden_size": 6, "num_classes": 5}
WORDS = {"num_embeddings": 11, "embedding_dim": 4, "hidden_size": 5, "num_classes": 3}
TRAINED = {"training": True, "steps": 3, "loss": Build("losses.cross_entropy:CrossEntropyLoss")}
LENGTHS = values([5, 2, 1, 7])

CASES = [
    *(Case(f"{HERE}:{kind}Classifier", "eval", config=ROWS, inputs={"x": image(2, 1, 28, 28)}) for kind in ("RNN", "LSTM", "GRU")),
    *(
        Case(
            f"{HERE}:{kind}Classifier",
            "train-odd",
            config={**ROWS, "input_size": 5, "num_layers": 2},
            inputs={"x": image(3, 1, 9, 5)},
            targets=labels(3, classes=5),
            **TRAINED,
        )
        for kind in ("RNN", "LSTM", "GRU")
    ),
    Case(f"{HERE}:LSTMClassifier", "one-row", config={**ROWS, "input_size": 3}, inputs={"x": image(1, 1, 1, 3)}, gradients=False),
    Case(f"{HERE}:TokenClassifier", "eval", config=WORDS, inputs={"tokens": tokens(4, 7, vocabulary=11), "lengths": LENGTHS}),
    Case(f"{HERE}:TokenClassifier", "one-token", config={**WORDS, "padding_idx": 3}, inputs={"tokens": values([[2]]), "lengths": values([1])}, gradients=False),
    Case(
        f"{HERE}:TokenClassifier",
        "train",
        config={**WORDS, "num_layers": 2},
        inputs={"tokens": tokens(4, 7, vocabulary=11), "lengths": LENGTHS},
        targets=labels(4, classes=3),
        **TRAINED,
    ),
    TrainingCase(
        f"{HERE}:LSTMClassifier",
        "digits",
        config={"input_size": 8, "hidden_size": 32},
        data="digits",
        data_config={"size": 8},
        optimizer=Build("optimizers.sgd:SGD", {"lr": 0.125, "momentum": 0.875}),
        steps=400,
        batch=32,
    ),
    TrainingCase(
        f"{HERE}:LSTMClassifier",
        "mnist",
        config={"hidden_size": 32},
        data="mnist",
        data_config={"size": 28},
        needs="mnist",
        optimizer=Build("optimizers.adam:Adam", {"lr": 0.0078125, "eps": 0.0009765625}),
        steps=200,
        batch=64,
    ),
]
