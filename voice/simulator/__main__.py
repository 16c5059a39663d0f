"""`python -m voice.simulator [--port P] [--config FILE]`: the carrier in a box, alone."""

import argparse
from pathlib import Path

from .config import Config
from .server import serve


def main() -> None:
    """Read the arguments and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="simulate", description="A telephone carrier in a box.")
    parser.add_argument("--port", type=int, default=8400, help="where to listen (0: anywhere free)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--config", type=Path, help="account, numbers and phones as JSON")
    asked = parser.parse_args()
    serve(Config.read(asked.config or {}), asked.port, asked.host)


if __name__ == "__main__":
    main()
