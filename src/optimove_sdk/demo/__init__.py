"""The pre-scheduled flow, end to end, on this machine: ``python -m optimove_sdk.demo``.

It needs the extra ``[sandbox]``. Everything runs in one process, so that nothing is left when it ends.
"""
