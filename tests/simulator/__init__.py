"""The carrier in a box, tried against toy applications: a file per story."""
