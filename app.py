"""The server: `streamlit run app.py`, or `uvicorn app:app`."""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parent
if str(ROOT) not in sys.path:  # `uvicorn --app-dir …` and Streamlit run this file from elsewhere
    sys.path.insert(0, str(ROOT))

from model.runs.owners import COOKIE, owner_of  # noqa: E402

# One text at a time is read here: a second thread gains nothing, and starves when a training has the other core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

log = logging.getLogger("attention_lab")

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
COOKIE_SECONDS = 400 * 86_400  # what browsers keep at most


class SecurityHeaders:
    """Adds HEADERS to every HTTP response; plain ASGI, so that nothing is buffered on the way."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def with_headers(message):
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in HEADERS if name not in present),
                ]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class VisitorCookie:
    """Gives every browser a random name of its own on its first page, by which its trainings stay its own.

    Only its hash is ever stored, and no script can read it. A websocket carries it to the pages.
    """

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http" or _is_known(scope):
            await self.app(scope, receive, send)
            return

        async def with_cookie(message):
            if message["type"] == "http.response.start" and _is_page(scope, message):
                # Nobody on the way may keep an answer that names one person, and give it to the next.
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
                new = [(b"cache-control", b"private, no-store"), (b"set-cookie", _new_cookie(scope))]
                message["headers"] = [*kept, *new]
            await send(message)

        await self.app(scope, receive, with_cookie)


def _is_known(scope) -> bool:
    return owner_of(Request(scope).cookies.get(COOKIE)) is not None


def _is_page(scope, message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    # A browser that has the page already, but lost its cookies, is told "not modified".
    unchanged = message["status"] == 304 and b"text/html" in dict(scope["headers"]).get(b"accept", b"")
    return unchanged or any(kind.startswith(b"text/html") for kind in kinds)


def _new_cookie(scope) -> bytes:
    forwarded = dict(scope["headers"]).get(b"x-forwarded-proto", b"").split(b",")[0].strip().lower()
    secure = "; Secure" if b"https" in (forwarded, scope["scheme"].encode()) else ""
    value = f"{COOKIE}={secrets.token_urlsafe(32)}; Max-Age={COOKIE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
    return value.encode()


async def ready(_: Request) -> JSONResponse:
    """GET /api/ready: whether the server answers, and whether the heavy libraries are in memory yet."""
    return JSONResponse({"ready": True, "warm": _warm.is_set()})


_warm = threading.Event()


def _warm_up() -> None:
    # In a thread after the start: the first page is served at once and needs these a moment later.
    try:
        from pages.components.warm import warm_up

        warm_up()
    except Exception:
        log.exception("Warming up failed; pages load what they need themselves")
    # Streamlit collects garbage after every rerun; without the libraries' million objects that takes 60 ms, not 200.
    gc.collect()
    gc.freeze()
    _warm.set()


@contextlib.asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[dict[str, bool]]:
    """Take up interrupted trainings at the start, visit or no visit; let workers save and end at the end."""
    from model.runs.jobs import job_queue
    from model.studies.duel_course import follow

    queue = job_queue()  # which takes up what the last server left unfinished
    follow(queue)
    threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()
    try:
        yield {"started": True}
    finally:
        await asyncio.to_thread(queue.close)


def _script_error(error: Exception) -> bool:
    from model.errors import LabError

    if not isinstance(error, LabError):
        log.error("A page failed", exc_info=error)
    st.error(
        str(error)
        if isinstance(error, LabError)
        else "Something went wrong on this page; the server's log has the details. Reload the page to go on."
    )
    return True


app = st.App(
    ROOT / "pages" / "router.py",
    routes=[Route("/api/ready", ready)],
    middleware=[Middleware(SecurityHeaders), Middleware(VisitorCookie)],
    lifespan=lifespan,
    on_script_error=_script_error,
)

if __name__ == "__main__":
    app.run()
