"""`python -m tests.browser.timed_app run app.py …`: the app as ever, its script runs written down with their seconds.

Each run adds a line of JSON to the file that SCRIPT_TIMES names: "script", from the request to the last element, and
"collect", the garbage collection that Streamlit asks for after it, with the number of objects it looked through.
"""

from __future__ import annotations

import gc
import json
import os
import time
from typing import Any

from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.web import cli

SCRIPT_TIMES = "ATTENTION_LAB_SCRIPT_TIMES"


def main() -> None:
    """Start Streamlit's command line with the clock around its script runs."""
    path = os.environ[SCRIPT_TIMES]
    run, finish = ScriptRunner._run_script, ScriptRunner._on_script_finished
    begun: dict[int, float] = {}

    def timed_run(self: ScriptRunner, data: Any) -> None:
        begun[id(self)] = time.thread_time()
        run(self, data)

    def timed_finish(self: ScriptRunner, *arguments: Any, **options: Any) -> None:
        drawn, objects = time.thread_time(), sum(gc.get_count()) + len(gc.get_objects())
        asked = time.thread_time()
        finish(self, *arguments, **options)
        now = time.thread_time()
        with open(path, "a", encoding="utf-8") as file:
            line = {"script": drawn - begun.get(id(self), drawn), "collect": now - asked, "objects": objects}
            file.write(json.dumps(line) + "\n")
        begun[id(self)] = now  # a rerun that the script asked for goes on in the same call

    ScriptRunner._run_script, ScriptRunner._on_script_finished = timed_run, timed_finish
    cli.main()


if __name__ == "__main__":
    main()
