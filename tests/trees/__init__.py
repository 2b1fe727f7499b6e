"""Two small trees that behave and misbehave, used as roots by the tests of the harness; `cases.py` lists what is done to them."""
