"""What every collaborative model promises, run on each of them."""

import numpy as np
import pytest
from collaborative_worlds import even_and_odd, random_saves
from scipy import sparse

from relpins_resources.collaborative.als import Als
from relpins_resources.collaborative.ease import Ease
from relpins_resources.collaborative.elsa import Elsa
from relpins_resources.collaborative.ensemble import Ensemble
from relpins_resources.collaborative.item_knn import ItemKnn
from relpins_resources.collaborative.popularity import Popularity
from relpins_resources.collaborative.ranking import quality_of
from relpins_resources.collaborative.two_tower import TwoTower
from relpins_resources.collaborative.user_knn import UserKnn
from relpins_resources.errors import RelpinsError

MODELS = {
    "popularity": Popularity,
    "item_knn": ItemKnn,
    "user_knn": UserKnn,
    "ease": lambda: Ease(l2=1.0),
    "als": lambda: Als(dimensions=2, regularisation=0.01, unobserved=0.1, sweeps=15),
    "elsa": lambda: Elsa(dimensions=4, epochs=20, batch_users=8),
    "two_tower": lambda: TwoTower(dimensions=4, epochs=6, batch=64, negatives=64, learning_rate=0.05),
    "ensemble": lambda: Ensemble([ItemKnn(), UserKnn()]),
}
PERSONAL = [name for name in MODELS if name != "popularity"]


@pytest.mark.parametrize("name", PERSONAL)
def test_even_users_get_the_even_pin_that_was_withheld(name):
    saves, held_out = even_and_odd()
    assert quality_of(MODELS[name]().fit(saves), saves, held_out, k=1) == (1.0, 1.0)


@pytest.mark.parametrize("name", MODELS)
def test_a_fit_repeats_to_the_bit_and_carries_its_name(name):
    saves = random_saves()
    first, second = MODELS[name](), MODELS[name]()
    assert first.name == name
    assert np.array_equal(first.fit(saves).score(saves), second.fit(saves).score(saves))


@pytest.mark.parametrize("name", MODELS)
def test_scores_of_one_user_are_those_of_the_batch(name):
    saves = random_saves()
    model = MODELS[name]().fit(saves)
    whole = model.score(saves)
    assert whole.shape == saves.shape
    assert whole.dtype == np.float32
    np.testing.assert_allclose(model.score(saves[3]), whole[3:4], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_user_without_saves_and_a_pin_without_savers_get_finite_scores(name):
    saves = random_saves().tolil()
    saves[4, :] = 0
    saves[:, 7] = 0
    bare = sparse.csr_matrix(saves)
    assert np.isfinite(MODELS[name]().fit(bare).score(bare)).all()


@pytest.mark.parametrize("name", MODELS)
def test_counts_and_duplicates_are_read_as_saved_or_not(name):
    saves = random_saves()
    counted = MODELS[name]().fit(saves * 3).score(saves * 5)
    np.testing.assert_array_equal(counted, MODELS[name]().fit(saves).score(saves))


@pytest.mark.parametrize("name", MODELS)
def test_rows_of_other_pins_are_refused(name):
    model = MODELS[name]().fit(random_saves())
    with pytest.raises(RelpinsError, match="rows of 6 pins, but the model was fitted on 20"):
        model.score(random_saves(n_pins=6))


def test_a_dense_matrix_is_refused():
    with pytest.raises(RelpinsError, match="sparse"):
        Popularity().fit(np.ones((2, 2)))
