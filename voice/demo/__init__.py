"""`ringback demo`: a small firm with a week behind it, a carrier in a box, and everything that serves them."""

from voice.demo.start import run

__all__ = ["run"]
