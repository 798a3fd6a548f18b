"""Rows into files: complete or not there at all, and gone on with after an interruption."""
