"""The five flows in a connector: Netmera's, in a process of its own that is killed on the way.

It needs the extra ``[connector]``. ``app`` and ``vendor`` run in that process; everything else stands for the
world around it: Optimove, Netmera, a promotion system, and whoever starts the process again.
"""
