"""Other ways of writing the same model, by what kind of model it is."""
