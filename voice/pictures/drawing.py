"""One picture, drawn by a process of its own, which ends with it: the engine keeps 120 MB for as long as it lives.

`drawing.py png` or `drawing.py svg` reads a description (Vega-Lite, JSON) and writes the picture; `drawing.py library`
writes the same engine as one script for browsers. Nothing is fetched from anywhere.
"""

import json
import sys

import vl_convert

SCALE = 2  # PNG: as sharp as a phone's screen


def main(kind: str) -> bytes:
    """The bytes of what was asked for."""
    if kind == "library":
        return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").encode()
    described = json.load(sys.stdin)
    if kind == "svg":
        return vl_convert.vegalite_to_svg(described, allowed_base_urls=[]).encode()
    return vl_convert.vegalite_to_png(described, scale=SCALE, allowed_base_urls=[])


if __name__ == "__main__":
    sys.stdout.buffer.write(main(sys.argv[1]))
