"""Seconds from a call's arrival to the first staff phone ringing: the demo's processes, real sockets, the real clock.

`python -m bench.first_ring [--calls 10] [--json]`. The carrier in a box takes 0.2 s from dialling to ringing; it is
part of the figure, as it is of the caller's wait.
"""

import argparse
import datetime as dt
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from tests.terminal import Phones

BETWEEN = 2.5  # seconds: the carrier places one leg a second, and every call is to be a lone one


def seconds_to_ring(phones: Phones, caller: str, line: str) -> float:
    """Ring the line once; how long until a staff phone rang."""
    call = phones.do(caller, "dial", to=line)["sid"]
    try:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            legs = {leg["sid"]: leg for leg in phones.get("calls")["calls"]}
            dialled = legs[call]["created_at"]
            rung = [leg["rang_at"] for leg in legs.values() if leg["direction"] == "outbound-api" and leg["rang_at"]]
            if later := [rang for rang in rung if rang > dialled]:
                return (dt.datetime.fromisoformat(min(later)) - dt.datetime.fromisoformat(dialled)).total_seconds()
            time.sleep(0.05)
        raise SystemExit("no phone rang within 30 s")
    finally:
        phones.do(caller, "hang_up")


def measure(calls: int) -> list[float]:
    """Start the demo, ring so many times, stop it."""
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {"RINGBACK_HOME": home, "PORT": "0", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "voice", "demo", "--no-browser"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as demo:
            try:
                phones = Phones(_url(demo))
                line = phones.get("numbers")["numbers"][0]["number"]
                caller = next(p["number"] for p in phones.get("phones")["phones"] if p["role"] == "outside")
                seen = []
                for _ in range(calls):
                    seen.append(seconds_to_ring(phones, caller, line))
                    time.sleep(BETWEEN)
                return seen
            finally:
                demo.send_signal(signal.SIGINT)
                demo.wait(40)


def _url(demo: "subprocess.Popen[str]") -> str:
    """The last line the demo prints is where the phones are."""
    assert demo.stdout is not None  # noqa: S101  we asked for it
    for line in demo.stdout:
        if line.startswith("http"):
            return line.strip()
    raise SystemExit("the demo did not start")


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--calls", type=int, default=10)
    asked.add_argument("--json", action="store_true")
    args = asked.parse_args()
    seen = sorted(measure(args.calls))
    figures = {
        "calls": len(seen),
        "median_seconds": round(statistics.median(seen), 2),
        "slowest_seconds": round(seen[-1], 2),
    }
    print(json.dumps(figures) if args.json else "  ".join(f"{name} {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
