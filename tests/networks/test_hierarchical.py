"""Sentences from ids, and the hierarchical network: worked out sentence by sentence, alone and in any batch."""

import numpy as np
import pytest
import torch

from model.data.diagnostic import generate
from model.errors import SettingsError
from model.estimator import AttentionClassifier
from model.explain.figures import explain_ids
from model.explain.network import baseline_logits, shortened_logits
from model.networks.build import build_network
from model.networks.classifiers import PAD, TextClassifier
from model.networks.hierarchical import HierarchicalClassifier
from model.networks.presets import PRESETS, Architecture
from model.networks.sentences import LONGEST, Sentencer

END, MARK, CLOSE = 2, 3, 4  # ids of ".", "!" and a closing quote
OPTIONS = {
    "plain": {},
    "two layers": {"layers": 2},
    "input normalization": {"input_normalization": True},
    "uniform": {"attention_weights": "uniform"},
    "one direction of an LSTM": {"cell": "lstm", "bidirectional": False},
}


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)
    torch.manual_seed(13)


def make(**options):
    values = {"vocabulary_size": 30, "classes": 3, "embedding_size": 5, "hidden_size": 8}
    marks = {"sentence_ends": (END, MARK), "closing_marks": (CLOSE,)}
    network = build_network(Architecture(**(PRESETS["han"]._asdict() | values | marks | options)))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))
        network.embedding.weight[PAD] = 0.0
    network(torch.tensor(TEXTS[0])[None])  # moves the running statistics of input_normalization
    return network.eval()


def row(ids):
    return torch.tensor([ids], dtype=torch.long)


def batch(texts, width):
    return torch.tensor([[*ids, *[PAD] * (width - len(ids))] for ids in texts])


def close(actual, expected, tolerance=1e-5):
    torch.testing.assert_close(actual, expected, atol=tolerance, rtol=0)


TEXTS = [
    [7, 8, END, 9, 10, 11, MARK, 12, END, 13],
    [5],
    [],
    [END, MARK, END],
    [6, END, CLOSE, 7, CLOSE, 8],
    [20, 21, 22, 23, 24, 25, 26],
]
NUMBERS = [[0, 0, 0, 1, 1, 1, 1, 2, 2, 3], [0], [], [0, 0, 0], [0, 0, 0, 1, 1, 1], [0] * 7]


@pytest.mark.parametrize(("ids", "numbers"), list(zip(TEXTS, NUMBERS, strict=True)))
def test_sentences_end_behind_their_marks_and_what_closes_there(ids, numbers):
    assert make().sentences(row(ids)).tolist() == [numbers]


def test_sentences_of_a_batch_are_those_of_each_text():
    sentences = make().sentences(batch(TEXTS, 12))
    assert [numbers[: len(ids)] for ids, numbers in zip(TEXTS, sentences.tolist(), strict=True)] == NUMBERS


def test_long_sentences_are_cut_and_the_count_begins_anew_behind_an_end():
    sentencer = Sentencer(30, (END,), ())
    ids = [9] * 99 + [END] + [9] * (LONGEST + 1)
    assert torch.bincount(sentencer(row(ids))[0]).tolist() == [50, 50, 50, 1]
    assert torch.bincount(sentencer(row([9] * 60 + [END] + [9] * 50))[0]).tolist() == [50, 11, 50]
    assert torch.bincount(make().sentences(row([9] * 2000))[0]).tolist() == [50] * 40


@torch.no_grad()
@pytest.mark.parametrize("option", OPTIONS)
def test_word_weight_times_sentence_weight_worked_out_sentence_by_sentence(option):
    network = make(**OPTIONS[option])
    ids = TEXTS[0]
    embeddings = network.embed(row(ids))
    if network.input_normalization is not None:
        embeddings = network.input_normalization(embeddings)
    vectors, word_weights = [], []
    for start, end in [(0, 3), (3, 7), (7, 9), (9, 10)]:
        states = network.encoder(embeddings[:, start:end]).states
        context, attention = network.attention(states)
        vectors.append(context)
        word_weights.append(attention.weights[0])
    context, over = network.sentence_attention(network.sentence_encoder(torch.stack(vectors, dim=1)).states)
    output = network(row(ids))
    close(output.logits, network.head(context))
    close(output.attention.sentences.weights, over.weights)
    expected = torch.cat([words * share for words, share in zip(word_weights, over.weights[0], strict=True)])
    close(output.attention.weights[0], expected)
    assert output.attention.sentences.numbers.tolist() == [NUMBERS[0]]
    assert output.attention.scores is None
    if option == "uniform":
        close(expected, torch.tensor([1 / 12] * 3 + [1 / 16] * 4 + [1 / 8] * 2 + [1 / 4]))


@torch.no_grad()
@pytest.mark.parametrize("option", OPTIONS)
def test_a_text_gives_the_same_alone_and_in_any_batch_in_any_order(option):
    network = make(**OPTIONS[option])
    together = network(batch(TEXTS, 12))
    order = torch.tensor([3, 0, 5, 2, 1, 4])
    shuffled = network(batch(TEXTS, 15)[order])
    close(shuffled.logits, together.logits[order])
    for place, ids in enumerate(TEXTS):
        alone = network(row(ids))
        close(alone.logits[0], together.logits[place])
        close(alone.attention.weights[0], together.attention.weights[place, : len(ids)])
        shares = alone.attention.sentences.weights[0]
        assert len(shares) == len(set(NUMBERS[place]))
        close(together.attention.sentences.weights[place, : len(shares)], shares)
        assert (together.attention.sentences.weights[place, len(shares) :] == 0).all()
        assert together.attention.sentences.numbers[place, : len(ids)].tolist() == NUMBERS[place]
        assert (together.attention.weights[place, len(ids) :] == 0).all()
        assert together.attention.weights[place].sum().item() == pytest.approx(float(bool(ids)), abs=1e-6)
        padded = network(batch([ids], 14))
        close(padded.logits, alone.logits)
        close(padded.attention.weights[0, : len(ids)], alone.attention.weights[0])


def test_the_place_of_a_full_stop_matters():
    network = make()
    first, second = (network(row(ids)).logits for ids in ([7, END, 8, 9, 10], [7, 8, 9, END, 10]))
    assert (first - second).abs().max() > 1e-3


def test_vectors_without_sentences_are_one_sentence_cut_like_any_other():
    network = make()
    close(network.classify_embedded(network.embed(row(TEXTS[5]))).logits, network(row(TEXTS[5])).logits, 0)
    long = row(list(np.random.default_rng(5).integers(5, 30, 2000)))
    close(network.classify_embedded(network.embed(long)).logits, network(long).logits, 0)
    assert network(long).attention.weights.sum().item() == pytest.approx(1.0, abs=1e-5)


def test_many_variants_of_a_text_share_its_sentences():
    network = make()
    ids = row(TEXTS[0])
    many = torch.randn(4, 10, 5)
    close(
        network.classify_embedded(many, None, network.sentences(ids)).logits,
        network.classify_embedded(many, None, network.sentences(ids.expand(4, -1))).logits,
        0,
    )


def test_sentences_read_in_several_goes_are_as_read_in_one(monkeypatch):
    network = make()
    whole = network(batch(TEXTS, 12))
    monkeypatch.setattr("model.networks.hierarchical.SENTENCES_AT_ONCE", 3)
    close(network(batch(TEXTS, 12)).logits, whole.logits)
    close(network(batch(TEXTS, 12)).attention.weights, whole.attention.weights)


def test_rows_are_sentences_and_not_texts_times_sentences():
    network = make()
    texts = [[9] * 2000, *[[9, END]] * 20]
    encoded = network.encode(network.embed(batch(texts, 2000)), batch(texts, 2000) != PAD, None)
    assert encoded.states.shape[:2] == (60, 50)  # 40 pieces and 20 texts, where 21 x 40 would be 840


def test_given_weights_share_out_as_the_sum_in_each_sentence():
    network = make()
    ids = row(TEXTS[0])
    encoded = network.encode(network.embed(ids), None, network.sentences(ids))
    weights = torch.tensor([[0.1, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2, 0.2]])
    output = network.conclude(encoded, weights.unsqueeze(1))
    close(output.attention.sentences.weights[0], torch.tensor([0.4, 0.0, 0.4, 0.2]))
    vectors = []
    for shares, (start, end) in zip(
        ([0.25, 0.75, 0], [0.25] * 4, [0.5, 0.5], [1.0]), [(0, 3), (3, 7), (7, 9), (9, 10)], strict=True
    ):
        states = network.encoder(network.embed(ids)[:, start:end]).states
        vectors.append(torch.tensor(shares) @ states[0])
    states = network.sentence_encoder(torch.stack(vectors)[None]).states
    close(output.logits[0], network.head(torch.tensor([0.4, 0.0, 0.4, 0.2]) @ states[0]))
    close(output.attention.weights, weights, 0)


def test_gradients_pass_weights_that_leave_a_sentence_empty():
    network = make()
    ids = row(TEXTS[0])
    encoded = network.encode(network.embed(ids), None, network.sentences(ids))
    weights = torch.tensor([[[0.4, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1, 0.1, 0.1]]], requires_grad=True)
    network.conclude(encoded, weights).logits[0, 0].backward()
    assert weights.grad.isfinite().all()
    assert (weights.grad != 0).all()


def test_dropouts_act_in_training_and_reach_every_parameter():
    rates = {"dropout": 0.3, "embedding_dropout": 0.3, "locked_dropout": 0.3, "weight_drop": 0.3, "word_dropout": 0.3}
    network = make(layers=2, **rates)
    texts = batch(TEXTS, 12)
    close(network(texts).logits, network(texts).logits, 0)
    network.train()
    network.rnn_autocast = torch.bfloat16
    first, second = network(texts), network(texts)
    assert (first.logits - second.logits).abs().max() > 0.01
    assert first.logits.dtype == first.attention.weights.dtype == torch.float32
    assert first.attention.sentences.numbers.equal(second.attention.sentences.numbers)  # of the ids as typed
    first.logits.sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def test_explaining_numbers_the_sentences_of_the_tokens_that_are_kept():
    network = make()
    ids = TEXTS[0]
    keep = [np.array([0, 1, 3, 4]), np.array([2, 3]), np.array([], int), np.arange(10)]
    expected = torch.cat([network(row([ids[i] for i in places])).logits for places in keep])
    np.testing.assert_allclose(shortened_logits(network, ids, keep), expected.detach().numpy(), atol=1e-5)
    nothing = network.classify_embedded(torch.zeros(1, 10, 5), None, network.sentences(row(ids)))
    np.testing.assert_allclose(baseline_logits(network, ids), nothing.logits[0].detach().numpy(), atol=1e-6)
    figures = explain_ids(network, ids, methods=(), seed=13)
    sentences = figures.prediction.attention.sentences
    assert [span[:2] for span in sentences] == [(0, 3), (3, 7), (7, 9), (9, 10)]
    for start, end, weight in sentences:
        assert figures.prediction.attention.weights[start:end].sum() == pytest.approx(weight, abs=1e-6)
    assert explain_ids(network, [], methods=(), seed=13).prediction.attention.sentences == ()


def test_a_hierarchical_architecture_has_its_own_class():
    assert isinstance(make(), HierarchicalClassifier)
    with pytest.raises(TypeError, match="build_network"):
        TextClassifier(make().architecture)
    with pytest.raises(SettingsError, match="sentence_ends is \\(30,\\)"):
        make(sentence_ends=(30,))


SETTINGS = {"hidden_size": 16, "embedding_size": 16, "vectors": "none", "min_frequency": 1, "dropout": 0.1}


@pytest.fixture(scope="module")
def chinese():
    texts = [
        "这部电影很好看！演员很棒。",
        "「太差了！」我不喜欢。剧情很无聊……",
        "很好。非常好！",
        "很差。非常无聊？！",
    ] * 8
    classifier = AttentionClassifier("han", epochs=2, batch_size=8, patience=None, **SETTINGS)
    return classifier.fit(texts, ["好", "差"] * 16)


def test_training_and_predicting_read_the_sentences_of_the_ids(monkeypatch):
    seen, encode = [], HierarchicalClassifier.encode

    def spy(network, embeddings, mask, sentences):
        seen.append(sentences)
        return encode(network, embeddings, mask, sentences)

    monkeypatch.setattr(HierarchicalClassifier, "encode", spy)
    texts, labels = ["a . b . c .", "d ! e ! f !"] * 8, [0, 1] * 8
    AttentionClassifier("han", epochs=1, word_dropout=0.9, batch_size=100, **SETTINGS).fit(
        texts, labels, validation=(texts, labels)
    )
    expected = [[0, 0, 1, 1, 2, 2]] * 16
    assert [sentences.tolist() for sentences in seen] == [expected] * len(seen)
    assert len(seen) >= 2  # at least one step, and the validation


def test_chinese_sentences_end_at_chinese_marks_and_come_with_the_explanation(chinese):
    text = "「太差了！」我不喜欢。剧情很无聊……很好看！"
    explanation = chinese.explain(text, methods=())
    starts = [explanation.tokens[start].start for start, _, _ in explanation.attention.sentences]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert pieces == ["「太差了！」", "我不喜欢。", "剧情很无聊……", "很好看！"]
    document = explanation.to_dict()["attention"]
    assert document["sentences"][0][0] == 0
    assert document["sentences"][-1][1] == len(explanation.tokens)
    assert sum(weight for _, _, weight in document["sentences"]) == pytest.approx(1.0, abs=1e-6)


def test_a_saved_network_knows_its_sentences_again(chinese, tmp_path):
    chinese.save(tmp_path)
    loaded = AttentionClassifier.load(tmp_path)
    texts = ["很好。太差了！剧情", "", "好", "！！！"]
    assert loaded.logits(texts) == pytest.approx(chinese.logits(texts), abs=1e-6)
    assert loaded.network_.architecture == chinese.network_.architecture
    ends = loaded.network_.architecture.sentence_ends
    assert {"。", "!"} <= {loaded.vocabulary_.words[i] for i in ends}
    whole = loaded.network_
    one = whole.classify_embedded(whole.embed(row(loaded.vocabulary_.encode(texts)[0].tolist())))
    assert np.abs(one.logits[0].detach().numpy() - loaded.logits(texts)[0]).max() > 1e-5


def test_it_learns_which_word_decides():
    data = generate("keyword", rows=600)
    classifier = AttentionClassifier("han", epochs=6, learning_rate=1e-2, word_dropout=0.0, **SETTINGS)
    classifier.fit(data.train.texts, data.train.labels, validation=(data.validation.texts, data.validation.labels))
    assert classifier.score(data.test.texts, data.test.labels) > 0.95
