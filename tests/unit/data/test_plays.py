import numpy as np
import pytest

from redrawn.data import plays


def test_the_parts_are_plays_in_one_alphabet():
    train, alphabet = plays.shakespeare("train")
    test, same = plays.shakespeare("test")
    assert alphabet == same and len(set(alphabet)) == len(alphabet)
    assert len(train) + len(test) == 5_036_177 and len(train) == 9 * 5_036_177 // 10
    letters = np.array(list(alphabet))
    assert "To be, or not to be,--that is the question:" in "".join(letters[train])
    assert "If music be the food of love, play on," in "".join(letters[test])


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="train or test"):
        plays.shakespeare("validation")
