"""How long trainings would take here, measured in a process of its own: python -m model.calibrate < request.json

The request: {"data": as in a run's spec, "root": the folder of runs, "settings": [{option: value}, …]}. The answer: a
line of JSON for each of the settings, as `model.studies.calibration.Calibration.estimate` gives it. Exit codes: 0; 2
for what cannot be measured, with one line on stderr.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from model.errors import LabError
from model.runs.launch import NICE

_IMPORTED = time.monotonic()
_INTERPRETER = 0.1  # seconds from the start of a process to its first line of ours, where the system does not tell
_POLL = 1.0


def main() -> int:
    """Answer the request on stdin."""
    parent = os.getppid()
    threading.Thread(target=_end_with, args=(parent,), name="watch", daemon=True).start()
    os.nice(NICE)
    from model.studies.calibration import Calibration  # all that a worker imports, and little else
    from model.training.settings import Settings

    ready = age()
    try:
        request = json.load(sys.stdin)
        wanted = [Settings.from_dict(options) for options in request["settings"]]
        calibration = Calibration(Path(request["root"]), request["data"], ready=ready)
        for settings in wanted:
            print(json.dumps(calibration.estimate(settings)), flush=True)
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def age() -> float:
    """Seconds since this process was started."""
    try:
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            started = int(file.read().rsplit(")", 1)[1].split()[19]) / os.sysconf("SC_CLK_TCK")
        return time.clock_gettime(time.CLOCK_BOOTTIME) - started
    except (OSError, AttributeError, ValueError, IndexError):
        return time.monotonic() - _IMPORTED + _INTERPRETER


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    os._exit(1)  # whoever asked is gone


if __name__ == "__main__":
    sys.exit(main())
