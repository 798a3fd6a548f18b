"""How fast the SDK is, beside its peers: ``make bench``, or ``python -m benchmarks``."""
