"""Figures, printed by scripts that anyone can run: `python -m bench.webhook`, `python -m bench.first_ring`."""
