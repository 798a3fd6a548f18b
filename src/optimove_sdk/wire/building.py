"""Makes instances of a frozen class without its ``__init__``, which is what reading a row costs most.

A frozen class of attrs can only set its fields through ``object.__setattr__``, a call for each of them. Here
an instance of a private subclass is filled instead, by plain assignments::

    row = object.__new__(builder)
    row.customer_id = "231342"  # and so on, every field
    row.__class__ = model

The subclass has the layout of the model but neither of its two refusals to be changed, so that CPython lets
the last line turn the instance into one of the model: frozen, and in no way different from others. The model
itself is not touched. This is right only for a class whose ``__init__`` does nothing but set fields.
"""

from __future__ import annotations

from typing import Any, NoReturn

import attrs


class Nothing(dict[str, Any]):
    """An empty dict that cannot be changed, so that all rows without unknown fields can share it.

    A dict of its own would be a quarter of a row. Copies and pickles of it are ordinary ones.
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the unknown fields of a row cannot be changed")

    __setitem__ = setdefault = update = __ior__ = _refuse

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[()]]:
        return dict, ()


def is_plain(model: type[Any]) -> bool:
    """Say whether making an instance of this class is nothing but setting its fields."""
    fields = attrs.fields(model)
    hooks = ("__attrs_pre_init__", "__attrs_post_init__", "__attrs_init__")
    return not any(hasattr(model, hook) for hook in hooks) and all(
        field.init and field.validator is None and field.converter is None for field in fields
    )


def builder_of(model: type[Any]) -> type[Any]:
    """Return the subclass whose instances can be filled and then declared to be of the model.

    Both methods must be object's own: with only one of them CPython keeps the slow way of the frozen class.
    """
    body = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(f"_Building{model.__name__}", (model,), body)
