"""The server: `streamlit run app.py`, or `uvicorn app:app`."""

import asyncio
import contextlib
import gc
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

# One text at a time is read here: a second thread gains nothing, and starves when a training has the other core.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent
log = logging.getLogger("attention_lab")

HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]


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
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from model.runs.jobs import job_queue

    queue = job_queue()  # which takes up what the last server left unfinished
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
    middleware=[Middleware(SecurityHeaders)],
    lifespan=lifespan,
    on_script_error=_script_error,
)

if __name__ == "__main__":
    app.run()
