"""Sizes that give as many parameters to each side, counted by hand and on the trained networks."""

import pytest

from model.networks.presets import PRESETS
from model.studies.duel_plan import DuelPlan, attending, sides_for
from model.studies.duel_sides import WITHIN, duel_sides, embedding_size_of, parameters_of
from model.studies.training import execute, prepare
from model.training.settings import Settings
from tests.studies.duels import SMALL


def sized(plan, *, classes=2, embedding_size=50):
    return {side.key: side for side in duel_sides(plan, classes=classes, embedding_size=embedding_size)}


def test_parameters_by_hand():
    # An LSTM has 4 gates of H x (E + H) weights and two biases; a linear layer C x H and C.
    lstm = 4 * 64 * (50 + 64 + 2) + 2 * 64 + 2
    assert parameters_of(Settings(preset="lstm"), classes=2, embedding_size=50) == lstm == 29_826
    bilstm = 2 * 4 * 64 * (50 + 64 + 2) + 2 * 128 + 2
    additive = bilstm + 64 * 128 + 64 + 64  # projection to the width H, its bias, and the context vector
    assert parameters_of(Settings(preset="bilstm"), classes=2, embedding_size=50) == bilstm == 59_650
    assert parameters_of(Settings(preset="bilstm-additive"), classes=2, embedding_size=50) == additive == 67_970


def test_parameters_are_those_of_the_trained_network(tmp_path, dataset):
    settings = Settings(**SMALL, preset="bilstm-additive")
    (run,) = prepare(tmp_path, dataset, presets=["bilstm-additive"], seeds=1, settings=settings)
    counted = parameters_of(settings, classes=2, embedding_size=embedding_size_of(settings, dataset.train.texts))
    assert execute(run)["parameters_without_embeddings"] == counted


@pytest.mark.parametrize("preset", attending())
@pytest.mark.parametrize("hidden_size", [16, 64])
def test_plain_sides_are_matched_within_5_percent(preset, hidden_size):
    sides = sized(DuelPlan(presets=sides_for([preset]), settings={"hidden_size": hidden_size}), classes=4)
    wanted = sides[preset].parameters
    for key, side in sides.items():
        if key != preset + ":uniform":
            assert abs(side.parameters / wanted - 1) <= WITHIN, key
    assert sides[preset].settings.hidden_size == sides[preset + ":uniform"].settings.hidden_size == hidden_size


def test_each_plain_side_is_matched_to_the_attention_on_its_own_encoder():
    plan = DuelPlan(presets=("lstm", "bilstm", "lstm-additive", "bilstm-additive"))
    sides = sized(plan)
    for plain, attention in (("lstm", "lstm-additive"), ("bilstm", "bilstm-additive")):
        assert abs(sides[plain].parameters / sides[attention].parameters - 1) <= WITHIN
    assert sides["bilstm"].parameters > 1.5 * sides["lstm"].parameters
    assert sides["lstm"].settings.hidden_size < sides["bilstm"].settings.hidden_size * 1.1


def test_no_other_size_is_nearer():
    plan = DuelPlan(presets=("bilstm", "bilstm-additive"))
    sides = sized(plan)
    off = {
        size: abs(
            parameters_of(Settings(preset="bilstm", hidden_size=size), classes=2, embedding_size=50)
            - sides["bilstm-additive"].parameters
        )
        for size in range(60, 90)
    }
    assert sides["bilstm"].settings.hidden_size == min(off, key=off.get) == 70


def test_several_attentions_on_one_encoder_the_first_counts():
    first = sized(DuelPlan(presets=("bilstm", "bilstm-multihead", "bilstm-dot")))
    assert abs(first["bilstm"].parameters / first["bilstm-multihead"].parameters - 1) <= WITHIN
    other = sized(DuelPlan(presets=("bilstm", "bilstm-dot", "bilstm-multihead")))
    assert abs(other["bilstm"].parameters / other["bilstm-dot"].parameters - 1) <= WITHIN


def test_sizes_stay_as_they_are_on_request_and_in_a_duel_of_equals():
    same = sized(DuelPlan(presets=sides_for(["bilstm-additive"]), match="sizes", settings={"hidden_size": 20}))
    assert {side.settings.hidden_size for side in same.values()} == {20}
    alone = sized(DuelPlan(presets=("lstm-additive", "bilstm-dot")))
    assert {side.settings.hidden_size for side in alone.values()} == {64}


def test_without_attention_the_first_side_is_the_measure():
    sides = sized(DuelPlan(presets=("bilstm", "lstm", "gru")))
    assert sides["bilstm"].settings.hidden_size == 64
    for key in ("lstm", "gru"):
        assert abs(sides[key].parameters / sides["bilstm"].parameters - 1) <= WITHIN


def test_a_control_alone_is_the_measure_of_plain_sides():
    sides = sized(DuelPlan(presets=("bilstm", "bilstm-additive:uniform")))
    assert sides["bilstm"].settings.hidden_size == 64, "uniform attention has no parameters of its own"


def test_more_units_have_more_parameters_in_every_preset():
    for preset in PRESETS:
        counts = [
            parameters_of(Settings(preset=preset, hidden_size=size, heads=1), classes=3, embedding_size=7)
            for size in range(1, 30)
        ]
        assert counts == sorted(set(counts)), preset


def test_the_size_of_the_word_vectors():
    english = ["the film was good and the other film was bad"] * 3
    assert embedding_size_of(Settings(vectors="none"), english) == 64
    assert embedding_size_of(Settings(vectors="none", embedding_size=7), english) == 7
    assert embedding_size_of(Settings(vectors="glove"), english) == 50
    assert embedding_size_of(Settings(), english) == 50, "auto: GloVe knows these words"
    assert embedding_size_of(Settings(), ["这部电影很好"] * 3) == 64
