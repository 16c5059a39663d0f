"""`python3 -m voice COMMAND` on any Python 3.11 or newer: sets itself up once, then runs the command inside.

Nothing here may need a newer Python than 3.6 to be read, or an older one could not be told what is wrong.
"""

import sys


def main() -> int:
    """The `ringback` script. Where it is installed the libraries are too, so the command starts at once."""
    from voice import bootstrap

    if sys.argv[1:2] == ["test"]:
        bootstrap.run_tests(sys.argv[2:])
    from voice.cli import main as command

    return command(sys.argv[1:])


def start() -> int:
    """`python3 -m voice`: as `main`, after the set-up a bare machine needs."""
    if sys.version_info < (3, 11):  # noqa: UP036  this is where an older one is told
        sys.exit(f"Ringback needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    from voice import bootstrap

    bootstrap.enter(sys.argv[1:])
    return main()


if __name__ == "__main__":
    sys.exit(start())
