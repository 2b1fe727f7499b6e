"""What every public twin owes to Keras, taken from its own parity cases: configuration, saving, graphs, XLA, policies, `compile` and `fit`."""
