"""The record of one text, on a network solved by hand; what has no meaning is named."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from model.errors import SettingsError
from model.explain.adversary import adversary
from model.networks.attention import Attention
from model.networks.classifiers import Output
from tests.studies.examined import PARTS, TEXT, build, examined

torch.set_num_threads(1)


class Market(nn.Module):
    """Each word has a worth and a voice: its attention is its share of all voices, and the logits are 0 and the sum
    of attention x worth."""

    classes = 2
    WORTHS = (0.0, 0.0, 4.0, 0.0, -2.0, math.nan)

    def __init__(self, voices=(0.0, 1.0, 2.0, 1.0, 1.0, 1.0)):
        super().__init__()
        self.embedding = nn.Embedding(6, 2)
        self.embedding.weight.data = torch.tensor([self.WORTHS, voices]).T.contiguous()
        self.architecture = SimpleNamespace(pooling="additive")
        self.linear_in_weights = True

    def embed(self, ids):
        return self.embedding(ids)

    def sentences(self, ids):
        return None

    def encode(self, embeddings, mask=None, sentences=None):
        return embeddings  # of padding, (0, 0)

    def conclude(self, encoded, weights=None):
        worth, voice = encoded.unbind(-1)  # (B, T)
        if weights is None:
            weights = (voice / voice.sum(1, keepdim=True).clamp(min=1e-9)).unsqueeze(1)
        ahead = (weights[:, 0] * worth).sum(1)
        return Output(torch.stack([torch.zeros_like(ahead), ahead], dim=1), Attention(weights[:, 0]))

    def classify_embedded(self, embeddings, mask=None, sentences=None):
        return self.conclude(self.encode(embeddings, mask, sentences))


def chance(logit):
    return 1 / (1 + math.exp(-logit))


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_the_heading():
    record = examined(Market(), truncated=True)
    assert list(record) == PARTS
    assert [record[name] for name in ("index", "label", "prediction", "tokens", "truncated")] == [
        7, "no", "yes", 3, True,
    ]  # fmt: skip
    assert record["probability"] == pytest.approx(chance(1.5))
    assert record["undefined"] == {}
    assert examined(Market(), label=0, labels=[0, 1])["prediction"] == "1"


def test_agreement_by_hand():
    # Without each word the logit is -1, 2 and 8/3: leave-one-out is 2.5, -0.5 and -7/6. By absolute value the first
    # leads in both rows (two pairs), and attention ties the others: tau-b = 2 / sqrt(2 x 3).
    record = examined(Market())
    assert record["agreement"] == {"attention|leave_one_out": [pytest.approx(2 / math.sqrt(6)), 1.0]}


def test_faithfulness_by_hand():
    # One token is the top 1, 5, 10 and 20 % of three, two are the top half; the order is that of the text.
    record, whole = examined(Market()), chance(1.5)
    without, alone = 4 * chance(-1) + chance(-2), 4 * chance(4) + chance(8 / 3)
    assert record["faithfulness"]["leave_one_out"] == pytest.approx([whole - without / 5, whole - alone / 5])
    assert len(record["random"]) == 20 and len({tuple(pair) for pair in record["random"]}) <= 6


def test_curves_and_flips_by_hand():
    record, whole = examined(Market()), chance(1.5)
    curve = record["curves"]["leave_one_out"]
    assert curve["deletion"] == pytest.approx([whole, *[chance(-1)] * 3, *[chance(-2)] * 3, *[0.5] * 4])
    assert curve["insertion"] == pytest.approx([0.5, *[chance(4)] * 3, *[chance(8 / 3)] * 3, *[whole] * 4])
    assert record["flips"]["leave_one_out"] == record["flips"]["attention"] == pytest.approx(1 / 3)
    assert set(record["curves"]) == set(record["flips"]) == {"attention", "leave_one_out", "random"}
    assert record["curves"]["random"]["deletion"][0] == pytest.approx(whole)
    assert record["flips"]["random"] in (pytest.approx(1 / 3), pytest.approx(2 / 3), 1.0)


def test_other_attention_by_hand():
    forced = {"a": np.array([[0.0, 0.0, 1.0]]), "b": np.array([[0.5, 0.25, 0.25]]), "c": np.ones((2, 3)) / 3}
    record, whole = examined(Market(), forced=forced), chance(1.5)
    # The half stands on the first, second or third word: logits 1.5, 0.5 and 0, whose median change is the second.
    assert record["permutation"] == pytest.approx([whole - chance(0.5), 0.5])
    assert record["uniform"] == pytest.approx(whole - chance(2 / 3))
    assert record["forced"] == {
        "a": [pytest.approx(whole - chance(-2)), True],
        "b": [pytest.approx(0, abs=1e-6), False],
    }
    assert record["undefined"] == {"forced.c": "weights of shape (2, 3) for a text of (1, 3)"}
    # A unit of weight from the first word to the last costs 6: a quarter of it costs the lead of 1.5.
    assert record["flip_distance"] == [pytest.approx(0.25, abs=1e-4), True]
    found = adversary(Market(), TEXT)
    assert record["adversary"] == [found.divergence, found.total_variation, True]
    assert 0 < record["adversary"][0] <= math.log(2) and record["adversary"][1] <= 0.05


def test_plausibility_by_hand():
    record = examined(Market(), rationale={0}, marks={2})
    best = {"f1": 1.0, "iou": 1.0, "auprc": 1.0, "average_precision": 1.0, "pointing": 1.0}
    assert record["plausibility"]["rationales"]["leave_one_out"] == best
    assert record["plausibility"]["rationales"]["attention"] == best
    # The last word is last for leave-one-out; attention ties it with the one in the middle, below the first.
    people = record["plausibility"]["people"]
    assert people["leave_one_out"] == pytest.approx(
        {"f1": 0.0, "iou": 0.0, "auprc": 1 / 6, "average_precision": 1 / 3, "pointing": 0.0}
    )
    assert people["attention"]["average_precision"] == pytest.approx(1 / 3)
    # At random one marked word is first, second or last: precision 1, 1/2 or 1/3.
    expected = {"f1": 1 / 3, "iou": 1 / 3, "auprc": 17 / 36, "average_precision": 11 / 18, "pointing": 1 / 3}
    assert people["random"] == pytest.approx(expected)


def test_randomised_copies_by_hand():
    # With voices 1, 2, 4 the attention ranks the other way round: tau-b = -2 / sqrt(2 x 3). Its weights are 1/7, 2/7
    # and 4/7, the logits without a word -4/3, -4/5 and 4/3 from -4/7: the words count 16/21, 8/35 and 40/21.
    record = examined(Market(), randomized={"head": Market((0.0, 1.0, 1.0, 2.0, 4.0, 1.0)), "all": Market()})
    first = record["randomized"]["head"]
    assert first["attention"] == pytest.approx(-2 / math.sqrt(6))
    assert first["leave_one_out"] == pytest.approx(1 / 3)  # 2.5, 0.5, 7/6 beside them: two pairs of three agree
    assert record["randomized"]["all"] == {"attention": pytest.approx(1.0), "leave_one_out": pytest.approx(1.0)}


# -- undefined -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ids", "reason"), [([], "no tokens"), ([2], "one token")])
def test_a_text_without_two_tokens_has_nothing_but_a_prediction(ids, reason):
    options = {"rationale": set(), "forced": {"a": np.ones((1, len(ids)))}, "randomized": {"head": Market()}}
    record = examined(Market(), ids, **options)
    assert record["probability"] == pytest.approx(chance(4) if ids else 0.5)
    assert record["agreement"] == {"attention|leave_one_out": [None, None]}
    assert record["random"] == []
    assert all(record[part] == {} for part in ("faithfulness", "curves", "flips", "forced"))
    assert all(record[part] is None for part in ("permutation", "uniform", "adversary", "flip_distance"))
    assert record["randomized"] == {"head": {"attention": None, "leave_one_out": None}}
    measures = [row for row in record["plausibility"]["rationales"].values()]
    assert len(measures) == 3 and all(set(row.values()) == {None} for row in measures)
    assert record["undefined"] == dict.fromkeys(PARTS[6:-1], reason)
    assert set(examined(Market(), ids)["undefined"]) == set(PARTS[6:-1]) - {"forced", "randomized", "plausibility"}


def test_rows_that_rank_nothing_are_named():
    record = examined(Market(), [3, 3, 3], methods=("saliency",), rationale={1}, randomized={"head": Market()})
    flat, zero = "all values are equal", "all values are 0"
    assert record["agreement"] == {"attention|saliency": [None, None]}
    assert set(record["faithfulness"]) == {"attention"}  # equal values rank at random, like any other ranking
    assert set(record["curves"]) == set(record["flips"]) == {"attention", "random"}
    assert record["flips"] == {"attention": None, "random": None}
    assert set(record["plausibility"]["rationales"]["attention"].values()) == {None}
    assert record["undefined"] == {
        "agreement.attention|saliency": f"attention: {flat}; saliency: {zero}",
        "faithfulness.saliency": zero,
        "curves.saliency": zero,
        "flips.saliency": zero,
        "randomized.head.attention": flat,
        "randomized.head.saliency": zero,
        "plausibility.rationales.attention": flat,
        "plausibility.rationales.saliency": zero,
    }


@pytest.mark.parametrize(("marked", "reason"), [(set(), "no token is marked"), ({0, 1, 2}, "every token is marked")])
def test_rationales_that_choose_nothing_are_named(marked, reason):
    record = examined(Market(), rationale=marked)
    rows = record["plausibility"]["rationales"]
    assert set(rows) == {"attention", "leave_one_out", "random"}
    assert all(set(row.values()) == {None} for row in rows.values())
    assert record["undefined"] == {"plausibility.rationales": reason}


def test_logits_that_are_no_numbers_leave_no_numbers():
    record = examined(Market(), [2, 5], rationale={1})
    assert record["probability"] is None
    assert record["faithfulness"] == {} and record["permutation"] is None
    assert record["undefined"]["faithfulness"] == "the logits are not finite"


def test_what_is_not_asked_for_is_said():
    record = examined(Market(), adversary=False)
    assert record["adversary"] is None and record["plausibility"] is None and record["randomized"] == {}
    assert record["undefined"] == {"adversary": "not asked for"}


def test_attention_that_cannot_move_is_undefined():
    record = examined(build("bilstm-dot"), [5, 9], labels=["a", "b", "c"], forced={"x": np.ones((2, 2)) / 2})
    names = ("permutation", "uniform", "forced", "adversary", "flip_distance")
    assert all(not record[name] for name in names)
    assert {record["undefined"][name] for name in names} == {"the weights can stand nowhere else"}
    assert record["faithfulness"].keys() == {"attention", "leave_one_out"}


def test_uniform_attention_still_has_a_faithfulness():
    record = examined(
        build("bilstm-additive", attention_weights="uniform"), [5, 9, 2, 30, 17], labels=["a", "b", "c"]
    )
    assert record["undefined"] == {"agreement.attention|leave_one_out": "attention: all values are equal"}
    assert "attention" in record["faithfulness"] and record["uniform"] == pytest.approx(0.0, abs=1e-6)


def test_unknown_methods_are_refused():
    with pytest.raises(SettingsError, match="no attribution method 'attention'"):
        examined(Market(), methods=("attention",))
