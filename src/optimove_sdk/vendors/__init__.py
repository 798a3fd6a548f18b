"""Connectors to vendors that execute Optimove's campaigns.

They use nothing of this package that you could not: its public names, the transports and
`optimove_sdk.connector.base`. Take one as the pattern of your own.
"""
