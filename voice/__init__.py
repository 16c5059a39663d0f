"""The phone side of Ringback. Only this sentence: `python3 -m voice` must start on a Python with nothing installed."""
