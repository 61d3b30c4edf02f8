"""What a duel may be, and what is said of one that cannot."""

import pytest

from model.errors import SettingsError
from model.studies.duel_plan import (
    DEFAULT_SIDES,
    MOST_TRAININGS,
    DuelPlan,
    attending,
    attends,
    is_control,
    plain_twin,
    sides_for,
)


def test_a_plan_survives_json_and_counts_its_trainings():
    plan = DuelPlan(presets=["lstm", "lstm-additive"], seeds=3, settings={"epochs": 4}, search=4, shares=[0.3, 0.1])
    assert DuelPlan.from_dict(plan.to_dict()) == plan and plan.shares == (0.1, 0.3)
    assert plan.trainings == 2 * (4 + 3 * 3)
    assert DuelPlan().presets == DEFAULT_SIDES and DuelPlan().trainings == 20


def test_a_plan_keeps_its_own_copy_of_the_settings():
    settings = {"epochs": 4}
    plan = DuelPlan(settings=settings)
    settings["epochs"] = 5
    assert plan.settings == {"epochs": 4} and isinstance(hash(plan), int)


def test_settings_of_a_side_are_the_plans_with_its_preset_and_weights():
    plan = DuelPlan(settings={"epochs": 4})
    control = plan.settings_of("bilstm-additive:uniform")
    assert (control.preset, control.attention_weights, control.epochs) == ("bilstm-additive", "uniform", 4)
    assert plan.settings_of("lstm").attention_weights == "learned"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"presets": ("lstm", "bilstm-aditive")}, "did you mean 'bilstm-additive'"),
        ({"presets": ("lstm", "lstm-additive", "lstm")}, "lstm stands twice among the sides"),
        ({"presets": ("lstm-additive", "lstm:uniform")}, "lstm has no attention to freeze; leave out ':uniform'"),
        ({"presets": ("lstm-additive", "lstm-additive:unifrom")}, "choose one of"),
        ({"presets": ("lstm",)}, "a duel needs two sides at least; it has 1"),
        ({"presets": ("lstm", 3)}, "3 is no preset"),
        ({"presets": "lstm"}, "presets is 'lstm'; give a list"),
        ({"seeds": 0}, "seeds is 0; it must be a whole number from 1 to 50"),
        ({"seeds": True}, "seeds is True"),
        ({"seeds": 2.0}, "seeds is 2.0"),
        ({"match": "both"}, "match is 'both'; choose one of parameters, sizes"),
        ({"search": 1}, "one candidate leaves nothing to choose"),
        ({"search": -1}, "search is -1"),
        ({"search": 51}, "search is 51"),
        ({"shares": (0.0,)}, "the share 0.0 of the training texts must lie between 0.01 and below 1"),
        ({"shares": (1.0,)}, "all of them are always trained on"),
        ({"shares": (float("nan"),)}, "the share nan"),
        ({"shares": ("0.1",)}, "the share '0.1'"),
        ({"shares": (0.1, 0.3, 0.1)}, "hold one twice; name it once"),
        ({"shares": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)}, "6 shares are too many; 5 are the most"),
        ({"settings": {"seed": 3}}, "seed is what a duel compares; leave it out of its settings"),
        ({"settings": {"preset": "gru"}}, "preset is what a duel compares"),
        ({"settings": {"attention_weights": "uniform"}}, "attention_weights is what a duel compares"),
        ({"settings": {"epoch": 3}}, "did you mean 'epochs'"),
        ({"settings": {"epochs": 0}}, "epochs is 0"),
        ({"settings": [1]}, r"settings is \[1\]; give options and their values"),
        ({"seeds": 50, "search": 50, "shares": (0.1, 0.3)}, f"would be 800 trainings; {MOST_TRAININGS} are the most"),
    ],
)
def test_what_cannot_be_trained_is_refused_in_one_sentence(options, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        DuelPlan(**options)
    assert "\n" not in str(caught.value)


def test_a_plan_from_elsewhere_has_no_other_names():
    with pytest.raises(SettingsError, match="a duel has no 'seed'; it has presets, seeds"):
        DuelPlan.from_dict({"seed": 3})


def test_the_sides_for_attention_are_its_twins_itself_and_its_controls():
    assert sides_for(["bilstm-additive"]) == DEFAULT_SIDES
    assert sides_for(["lstm-dot", "lstm-additive"]) == (
        "lstm", "lstm-dot", "lstm-additive", "lstm-dot:uniform", "lstm-additive:uniform",
    )  # fmt: skip
    assert sides_for(["han", "han"]) == ("lstm", "han", "han:uniform"), "no plain preset reads in sentences"
    for preset in attending():
        DuelPlan(presets=sides_for([preset]))
    with pytest.raises(SettingsError, match="'lstm' is no preset with attention; choose from lstm-additive"):
        sides_for(["lstm"])


def test_twins_share_the_encoder():
    assert {preset: plain_twin(preset) for preset in attending()} == {
        "lstm-additive": "lstm", "lstm-dot": "lstm", "bilstm-additive": "bilstm", "bilstm-dot": "bilstm",
        "bilstm-feedforward": "bilstm", "bilstm-feedforward-stacked": "bilstm", "bilstm-multihead": "bilstm",
        "han": None,
    }  # fmt: skip
    assert attends("han:uniform") and is_control("han:uniform") and not attends("rnn-mean")
