"""Optimove's flows, end to end, on this machine: ``python -m optimove_sdk.demo``.

First the pre-scheduled flow with both clients, in one process; that needs the extra ``[sandbox]``. Then, with
the extra ``[connector]``, all flows in a connector for Netmera, a process that is killed on the way.
"""
