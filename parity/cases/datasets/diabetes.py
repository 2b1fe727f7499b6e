"""The diabetes table: the notes' batches of 32, a batch size that divides nothing; files that are no table."""

from parity.case import DemoCase

_WORDS = {"fact:table_error": "Each reader has its own words; both raise ValueError."}


def _table(name: str, batch_size: int, printed=None) -> DemoCase:
    config = {"batch_size": batch_size, "seed": 5}
    return DemoCase("datasets.diabetes:table", name, config=config, needs="diabetes", printed=printed or {}, backends=("tensorflow",))


CASES = [
    _table("notes", 32),
    _table("large", 500),
    *[
        DemoCase("datasets.diabetes:not_a_table", name, config={"text": text}, known=_WORDS, backends=("tensorflow",))
        for name, text in (("words", "a,b,c\n1,2,3\n"), ("ragged", "1,2,3\n1,2\n"), ("one-column", "1\n2\n"))
    ],
]
