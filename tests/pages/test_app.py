"""The server around the pages: ready at once, with its headers, and never a traceback."""

import pytest
from starlette.testclient import TestClient

import app as server


@pytest.fixture
def client(empty_root):
    async def nothing(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"DENY")]})
        await send({"type": "http.response.body", "body": b"ok"})

    return TestClient(server.SecurityHeaders(nothing))


def test_every_response_has_the_headers_and_keeps_its_own(client):
    headers = client.get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers.get_list("x-frame-options") == ["DENY"]


def test_no_page_but_those_that_exist(empty_root, visit):
    test = visit()
    assert test.title[0].value == "Read one text"
    for page, title in (("train", "Train"), ("compare", "Compare"), ("trust", "Trust"), ("models", "Models")):
        assert visit(page).title[0].value == title
    with pytest.raises(ValueError, match="guide"):
        visit("guide")
