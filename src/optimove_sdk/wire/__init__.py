"""Bytes to values and back: names, field kinds, the converter, what may be shown."""
