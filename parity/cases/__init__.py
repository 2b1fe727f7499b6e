"""The built-in cases: `parity/cases/<path>.py` holds `CASES` for `torch_ref/<path>.py` and `tf_impl/<path>.py`."""
