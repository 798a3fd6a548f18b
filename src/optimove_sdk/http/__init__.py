"""The HTTP side: the contract in ``base``, one adapter for each HTTP library."""
