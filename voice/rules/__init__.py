"""Decisions without I/O: functions of their arguments, with `now` passed in."""
