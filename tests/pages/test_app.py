"""The server around the pages: ready at once, with its headers, and never a traceback."""

import pytest
from starlette.responses import HTMLResponse, Response
from starlette.testclient import TestClient
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_cache import create_reference_msg, populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

import app as server
from model.runs.owners import COOKIE, owner_of


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
    titles = {"train": "Train", "compare": "Compare", "trust": "Trust", "next_word": "Next word", "models": "Models"}
    for page, title in titles.items():
        assert visit(page).title[0].value == title
    with pytest.raises(ValueError, match="guide"):
        visit("guide")


def test_no_message_can_outlive_the_place_it_belongs_in():
    """A message sent by its hash is all that Streamlit keeps of a fragment's run when the next one begins."""
    place, figure = ForwardMsg(), ForwardMsg()
    place.metadata.delta_path.extend([0, 1])
    place.delta.add_block.SetInParent()
    figure.metadata.delta_path.extend([0, 1, 0])
    figure.delta.new_element.markdown.body = "x" * 10_000_000
    queue = ForwardMsgQueue()
    for message in (place, figure):
        message.delta.fragment_id = "panel"
        populate_hash_if_needed(message)
        queue.enqueue(create_reference_msg(message) if message.metadata.cacheable else message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["panel"])
    assert queue.is_empty()


def browser(answer, *, https=False):
    return TestClient(server.VisitorCookie(answer), base_url=f"http{'s' if https else ''}://lab.test")


def test_a_browser_gets_a_name_on_its_first_page_and_keeps_it():
    visitor = browser(HTMLResponse("page", headers={"cache-control": "no-cache"}))
    first = visitor.get("/train")
    [cookie] = first.headers.get_list("set-cookie")
    name, *attributes = cookie.split("; ")
    assert owner_of(name.removeprefix(f"{COOKIE}="))
    assert attributes == ["Max-Age=34560000", "Path=/", "HttpOnly", "SameSite=Lax"]
    assert first.headers.get_list("cache-control") == ["private, no-store"], "no proxy hands it to the next"
    again = visitor.get("/")
    assert "set-cookie" not in again.headers and again.headers["cache-control"] == "no-cache"
    assert browser(HTMLResponse("page")).get("/").cookies[COOKIE] != first.cookies[COOKIE]


@pytest.mark.parametrize("value", ["", "short", "a" * 44, "a" * 42 + "!"])
def test_a_malformed_name_is_replaced(value):
    visitor = browser(HTMLResponse("page"))
    assert owner_of(visitor.get("/", headers={"cookie": f"other=1; {COOKIE}={value}"}).cookies[COOKIE])


def test_only_pages_bring_a_name():
    image = browser(Response(b"", media_type="image/png"))
    assert "set-cookie" not in image.get("/x.png").headers
    unchanged = browser(Response(status_code=304))
    assert "set-cookie" not in unchanged.get("/x.css", headers={"accept": "text/css"}).headers
    assert "set-cookie" in unchanged.get("/", headers={"accept": "text/html,*/*"}).headers


@pytest.mark.parametrize(
    ("https", "forwarded", "secure"),
    [
        (False, "", False),
        (True, "", True),
        (False, "https", True),
        (False, "https, http", True),
        (False, "http", False),
    ],
)
def test_over_https_the_name_never_travels_in_the_clear(https, forwarded, secure):
    visitor = browser(HTMLResponse("page"), https=https)
    cookie = visitor.get("/", headers={"x-forwarded-proto": forwarded}).headers["set-cookie"]
    assert cookie.endswith("; Secure") == secure


def test_the_app_itself_names_its_visitors(empty_root):
    answer = TestClient(server.app).get("/")  # without its lifespan: no queue is started
    assert owner_of(answer.cookies[COOKIE]) and answer.headers["x-content-type-options"] == "nosniff"
