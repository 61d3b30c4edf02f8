"""After the training: the result, its doubts, and what can be taken along; one's own vectors before it."""

from model.runs.vector_store import vectors_kept


def test_the_result_has_its_interval_and_its_doubts(root, trained, queue, visit, said):
    ids = ",".join(trained[name].id for name in ("lstm 13", "bilstm-additive 13"))
    test = visit("train", runs=ids)
    assert not test.exception
    page = said(test)
    assert "95 % interval" in page
    assert any("things to know before trusting this" in each.label for each in test.expander)
    links = [link.value for link in test.page_link]
    assert links.count("Read") == 2 and links.count("Trust") == 1  # the plain LSTM has no attention to be tested


def test_a_finished_model_can_be_taken_along(root, trained, queue, visit):
    run = trained["bilstm-additive 13"]
    test = visit("train", runs=run.id)
    test.button(key=f"take-along-{run.id}").click().run()
    assert not test.exception
    names = {each.key for each in test.get("download_button")}
    assert names == {f"download-{name}" for name in (f"{run.id}.zip", "reproduce.py", f"{run.id}-card.md")}


def test_one_run_alone_is_not_compared(root, trained, queue, visit, said):
    run = trained["lstm 13"]
    test = visit("train", runs=run.id)
    assert "Of 30 test texts" in said(test)
    assert not [button for button in test.button if button.key == "compare"]


def test_vectors_of_ones_own_become_a_choice(empty_root, queue, visit, said):
    test = visit("train", data="Upload")
    lines = "".join(f"word{i} {i}.0 0.5 -1.0\n" for i in range(20))
    uploader = next(each for each in test.get("file_uploader") if each.key.startswith("vectors-"))
    uploader.upload("mine.vec", f"20 3\n{lines}".encode(), "text/plain")
    test.run()
    assert not test.exception and not test.error
    (kept,) = vectors_kept(empty_root, None)
    box = test.selectbox(key="option-vectors")
    assert box.value == str(kept.path) and "mine.vec (3d)" in box.options
    assert "20 words, 3 dimensions" in said(test)


def test_what_is_no_vectors_is_said_in_a_sentence(empty_root, queue, visit):
    test = visit("train", data="Upload")
    uploader = next(each for each in test.get("file_uploader") if each.key.startswith("vectors-"))
    uploader.upload("mine.vec", b"\x80\x04\x95 pickled", "text/plain")
    test.run()
    assert not test.exception and "mine.vec" in test.error[0].value
    assert vectors_kept(empty_root, None) == []
