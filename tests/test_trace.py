"""A trace comes back as it was written, or is refused in one sentence."""

import json
import os

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save, save_file

from parity.trace import SCHEMA, Record, Trace, TraceError, write_atomically

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float16", "float32", "float64", "bfloat16", "float8_e4m3fn", "float8_e5m2")
COMPLEX = ("complex64", "complex128")
VALUES = np.array([[0.0, -0.0, 1.5, -2.0], [3.25, 100.0, 0.125, 7.0], [-1.0, 4.0, 0.5, -96.0]])


def dtype(name):
    return np.dtype(getattr(ml_dtypes, name, name))


ARRAYS = {
    **{name: VALUES.astype(dtype(name)) for name in (*FLOATS, *COMPLEX)},
    **{name: np.abs(VALUES).astype(name) for name in INTEGERS},
    "bool": VALUES > 0,
    "transposed": VALUES.T,
    "strided": VALUES[:, ::2],
    "reversed": VALUES[::-1, ::-1],
    "broadcast": np.broadcast_to(VALUES[0], (3, 4)),
    "Fortran": np.asfortranarray(VALUES),
    "transposed bfloat16": VALUES.astype(ml_dtypes.bfloat16).T,
    "reversed complex": (VALUES * 1j)[::-1],
    "no axes": np.array(2.5),
    "no axes, bfloat16": np.array(2.5, ml_dtypes.bfloat16),
    "no axes, complex": np.array(1 + 2j),
    "empty": np.zeros((0, 3)),
    "empty bfloat16": np.zeros((2, 0), ml_dtypes.bfloat16),
    "empty complex": np.zeros((0,), np.complex64),
    "not finite": np.array([np.nan, np.inf, -np.inf, -np.nan, -0.0]),
    "another NaN": np.array([0x7FF8000000000123], np.uint64).view(np.float64),
    "largest integers": np.array([2**63 - 1, -(2**63)]),
    "other byte order": VALUES.astype(">f4"),
}
RECORDS = (*(Record("output", name, array) for name, array in ARRAYS.items()), Record("fact", "f", fact=[1, None, "ä", 2.5], layer="fc", note="why"))


def trace(*records, **more):
    return Trace("layers.conv:Conv2d[default]", "torch", "float64", records or RECORDS, {"torch": "2.13", "seed": 3}, {"total": 0.5}, **more)


@pytest.fixture
def saved(tmp_path):
    return trace().save(tmp_path / "runs" / "a.safetensors")


def refused(path, told):
    with pytest.raises(TraceError) as caught:
        Trace.load(path)
    message = str(caught.value)
    assert told in message
    assert str(path) in message
    assert "\n" not in message
    assert "record" in message, "says what to do"


class TestRoundTrip:
    @pytest.mark.parametrize("name", ARRAYS)
    def test_every_array(self, saved, name):
        array, found = ARRAYS[name], Trace.load(saved)[f"output:{name}"].array
        native = array.astype(array.dtype.newbyteorder("="))
        assert (found.dtype, found.shape) == (native.dtype, native.shape)
        assert found.tobytes() == native.tobytes()

    def test_all_the_rest(self, saved):
        found = Trace.load(saved)
        assert (found.subject, found.framework, found.dtype) == ("layers.conv:Conv2d[default]", "torch", "float64")
        assert (found.made, found.seconds) == ({"torch": "2.13", "seed": 3}, {"total": 0.5})
        assert [record.key for record in found] == [record.key for record in RECORDS], "in the order of execution"
        assert (found["fact:f"].fact, found["fact:f"].layer, found["fact:f"].note) == ([1, None, "ä", 2.5], "fc", "why")

    def test_an_array_with_a_fact(self, tmp_path):
        found = Trace.load(trace(Record("margin", "best", np.ones(2), fact="output:logits")).save(tmp_path / "a"))["margin:best"]
        assert (found.fact, found.array.tolist()) == ("output:logits", [1.0, 1.0])

    def test_facts_that_say_nothing(self, tmp_path):
        found = Trace.load(trace(Record("fact", "none"), Record("fact", "nan", fact=float("nan"))).save(tmp_path / "a"))
        assert found["fact:none"].fact is None
        assert np.isnan(found["fact:nan"].fact)

    def test_what_is_saved_is_left_alone(self, tmp_path):
        array = VALUES.T
        before = array.copy()
        trace(Record("output", "y", array)).save(tmp_path / "a")
        assert array.flags.f_contiguous
        assert np.array_equal(array, before)

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def test_any_array(self, tmp_path_factory, data):
        kind = dtype(data.draw(st.sampled_from((*FLOATS, *INTEGERS, *COMPLEX, "bool"))))
        shape = tuple(data.draw(st.lists(st.integers(0, 4), max_size=4)))
        raw = data.draw(st.binary(min_size=kind.itemsize * int(np.prod(shape)), max_size=kind.itemsize * int(np.prod(shape))))
        array = (np.frombuffer(raw, kind) if kind.kind != "b" else np.frombuffer(raw, np.uint8) % 2 == 1).reshape(shape)
        array = array.transpose(data.draw(st.permutations(range(array.ndim))))
        found = Trace.load(trace(Record("output", "y", array)).save(tmp_path_factory.mktemp("any") / "a"))["output:y"].array
        assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


class TestRefusal:
    def test_a_missing_file(self, tmp_path):
        refused(tmp_path / "nothing.safetensors", "No trace at")

    def test_a_folder(self, tmp_path):
        refused(tmp_path, "No trace at")

    @pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, 0.3, 0.9, -1])
    def test_a_truncated_file(self, saved, kept):
        content = saved.read_bytes()
        saved.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
        refused(saved, "truncated or not a trace")

    def test_any_edited_byte(self, saved):
        content = saved.read_bytes()
        for at in {*range(0, len(content), 97), *range(len(content) - 40, len(content))}:
            saved.write_bytes(content[:at] + bytes([content[at] ^ 0x21]) + content[at + 1 :])
            with pytest.raises(TraceError, match="record"):
                Trace.load(saved)

    def test_an_edited_number(self, saved):
        content = saved.read_bytes()
        saved.write_bytes(content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])
        refused(saved, "was changed after it was written")

    def test_edited_words(self, saved):
        content = saved.read_bytes()
        assert content.count(b"2.13") == 1
        saved.write_bytes(content.replace(b"2.13", b"2.12"))
        refused(saved, "was changed after it was written")

    def test_an_exchanged_array(self, saved):
        arrays, metadata = load_file(saved), self.metadata(saved)
        arrays["0"] = arrays["0"] + 1
        save_file(arrays, saved, metadata)
        refused(saved, "was changed after it was written")

    def test_an_array_of_another_type_with_the_same_bytes(self, saved):
        arrays, metadata = load_file(saved), self.metadata(saved)
        name = next(key for key, array in arrays.items() if array.dtype == np.float32)
        arrays[name] = arrays[name].view(np.int32)
        save_file(arrays, saved, metadata)
        refused(saved, "was changed after it was written")

    def test_a_further_array(self, saved):
        save_file(load_file(saved) | {"more": np.ones(2)}, saved, self.metadata(saved))
        refused(saved, "was changed after it was written")

    @pytest.mark.parametrize("metadata", [None, {"format": "pt"}])
    def test_a_foreign_safetensors_file(self, tmp_path, metadata):
        path = tmp_path / "model.safetensors"
        path.write_bytes(save({"conv.weight": np.ones((2, 3))}, metadata))
        refused(path, "is a safetensors file but not a trace")

    @pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(200), b"{}" * 50, bytes(64), b"\xff" * 64])
    def test_a_foreign_file(self, tmp_path, content):
        path = tmp_path / "model.safetensors"
        path.write_bytes(content)
        refused(path, "truncated or not a trace")

    def test_another_schema(self, saved):
        save_file(load_file(saved), saved, self.metadata(saved) | {"schema": "99"})
        refused(saved, f"has trace schema 99, this version reads {SCHEMA}")

    def test_a_file_that_may_not_be_read(self, saved, monkeypatch):
        if os.geteuid() == 0:
            pytest.skip("root reads everything")
        saved.chmod(0)
        refused(saved, "Permission denied")

    @pytest.mark.parametrize("array", [np.array(["a"]), np.array([None]), np.array([1], "datetime64[s]"), np.zeros(1, [("x", "f4")])])
    def test_arrays_that_hold_no_numbers(self, tmp_path, array):
        with pytest.raises(TraceError, match=r"A trace holds numbers, got an array of .*; record it as a fact"):
            trace(Record("output", "y", array)).save(tmp_path / "a")
        assert list(tmp_path.iterdir()) == []

    def test_facts_that_are_no_json(self, tmp_path):
        with pytest.raises(TraceError, match="must be JSON data"):
            trace(Record("fact", "f", fact={1, 2})).save(tmp_path / "a")

    def test_one_name_twice(self):
        with pytest.raises(TraceError, match=r"recorded twice under one name: \['output:y'\]"):
            trace(Record("output", "y", VALUES), Record("output", "y", VALUES)).by_key()

    def test_a_name_that_is_not_there(self):
        with pytest.raises(KeyError, match="output:z"):
            trace()["output:z"]

    @staticmethod
    def metadata(path):
        content = path.read_bytes()
        return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]


class TestWritingAtomically:
    def test_it_makes_the_folder(self, tmp_path):
        path = tmp_path / "a" / "b" / "c.txt"
        write_atomically(path, "text")
        assert path.read_text() == "text"
        assert path.stat().st_mode & 0o777 == 0o644

    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path, monkeypatch):
        path = tmp_path / "a.txt"
        write_atomically(path, b"old")

        def fail(*arguments):
            raise OSError("disk full")

        monkeypatch.setattr("pathlib.Path.replace", fail)
        with pytest.raises(OSError, match="disk full"):
            write_atomically(path, b"new")
        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]

    def test_a_folder_that_is_a_file(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(OSError, match="file"):
            write_atomically(tmp_path / "file" / "a.txt", "text")
