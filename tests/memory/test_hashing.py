"""Names as numbers."""

import numpy as np
import pyarrow as pa
import pytest

from portreeve.memory.hashing import NOBODY, key_of, numbers, siphash

KEY = key_of(b"secret", "account")


@pytest.mark.parametrize(
    ("length", "number"),
    [
        (0, 0xABAC0158050FC4DC),
        (7, 0xD3927D989BB11140),
        (8, 0x369095118D299A8E),
        (15, 0xD320D86D2A519956),
        (63, 0x9D199062B7BBB3A8),
    ],
    ids=["nothing", "less than a word", "a word", "almost two", "almost eight"],
)
def test_siphash_1_3_of_its_published_key(length: int, number: int) -> None:
    k0, k1 = np.frombuffer(bytes(range(16)), dtype="<u8")
    message = np.arange(length, dtype=np.uint8)
    assert siphash(message, 0, length, k0, k1) == number


def test_a_name_has_one_number_and_nobody_has_zero() -> None:
    one, nobody, other, again = numbers(["ada", None, "阿达", "ada"], KEY).tolist()
    assert nobody == NOBODY
    assert one == again
    assert len({one, other, 0}) == 3


def test_a_slice_of_a_column_is_hashed_as_itself() -> None:
    column = pa.array(["ada", "ben", None, "cleo"], pa.large_string())
    assert numbers(column.slice(1, 3), KEY).tolist() == numbers(["ben", None, "cleo"], KEY).tolist()
    assert numbers(pa.array([], pa.large_string()), KEY).tolist() == []


def test_numbers_of_another_secret_or_purpose_have_nothing_in_common() -> None:
    names = [str(n) for n in range(100)]
    keys = [KEY, key_of(b"secret", "contact"), key_of(b"another", "account")]
    assert len({n for key in keys for n in numbers(names, key).tolist()}) == 300
