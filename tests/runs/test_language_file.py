"""Language models on disk: saved, loaded, and refused where they are something else."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from model.errors import ModelError
from model.networks.language_models import LanguageNetwork
from model.networks.language_presets import LANGUAGE_PRESETS
from model.runs.language_file import SavedLanguageModel, load_language_model, save_language_model
from model.runs.model_file import load_model
from model.text.language import LanguageVocabulary
from model.training.language_settings import LanguageSettings
from tests.runs.language_runs import TEXT


def saved_model(**options):
    settings = LanguageSettings(hidden_size=4, embedding_size=6, device="cpu", **options)
    vocabulary = LanguageVocabulary.fit(TEXT, unit=settings.unit, min_frequency=1)
    torch.manual_seed(13)
    network = LanguageNetwork(settings.architecture(vocabulary_size=len(vocabulary))).eval()
    return SavedLanguageModel(settings, vocabulary, network)


@pytest.mark.parametrize("preset", LANGUAGE_PRESETS)
@pytest.mark.parametrize("options", [{}, {"unit": "characters", "attention_layers": "all", "layers": 3}])
def test_it_comes_back_as_it_was(tmp_path, preset, options):
    saved = saved_model(preset=preset, **options)
    save_language_model(tmp_path / "new" / "folder", saved)
    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == {"vocabulary.json", "model.safetensors"}
    loaded = load_language_model(tmp_path / "new" / "folder", device="cpu")
    assert loaded.settings == saved.settings and not loaded.network.training
    assert (loaded.vocabulary.unit, loaded.vocabulary.words) == (saved.settings.unit, saved.vocabulary.words)
    ids = torch.from_numpy(saved.vocabulary.encode("the dog sat on the cat")).long()[None]
    with torch.inference_mode():
        assert torch.equal(loaded.network(ids).logits, saved.network(ids).logits)


def test_words_may_be_kept_in_half_precision_those_read_and_those_predicted(tmp_path):
    saved = saved_model(preset="lstm-lm")
    save_language_model(tmp_path, saved, half_embeddings=True)
    stored = load_file(tmp_path / "model.safetensors")
    halved = {name for name, value in stored.items() if value.dtype == torch.float16}
    assert halved == {"embedding.weight", "output_weight"}
    network = load_language_model(tmp_path, device="cpu").network
    assert all(value.dtype == torch.float32 for value in network.state_dict().values())
    assert torch.equal(network.output_weight, saved.network.output_weight.half().float())


def test_neither_kind_is_taken_for_the_other(tmp_path):
    save_language_model(tmp_path, saved_model())
    with pytest.raises(ModelError, match="of format 'attention-lab language model 1', not 'attention-lab 1': load"):
        load_model(tmp_path)


def test_what_does_not_fit_says_what(tmp_path):
    with pytest.raises(ModelError, match=r"model\.safetensors is missing"):
        load_language_model(tmp_path)
    save_language_model(tmp_path, saved_model())
    path = tmp_path / "model.safetensors"
    content = path.read_bytes()
    path.write_bytes(content.replace(b'\\"layers\\": 2', b'\\"layers\\": 3'))
    with pytest.raises(ModelError, match=r"does not fit its settings: layers\.2\..* is None, expected"):
        load_language_model(tmp_path)
    path.write_bytes(content.replace(b'\\"layers\\": 2', b'\\"layers\\": 9'))
    with pytest.raises(ModelError, match=r"cannot be read as a model .*layers is 9"):
        load_language_model(tmp_path)
    save_file({"x": torch.zeros(1)}, path, metadata={"format": '"attention-lab language model 1"'})
    with pytest.raises(ModelError, match="cannot be read as a model"):
        load_language_model(tmp_path)
