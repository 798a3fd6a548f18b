"""Optimove's functions, one file for each area: its models, then the resource with its operations."""
