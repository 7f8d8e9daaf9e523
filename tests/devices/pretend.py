"""A second device for machines that have none: computed on the CPU, but kept apart from it as a GPU is."""

import traceback
from pathlib import Path

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_map

import redrawn

CPU, DEVICE = torch.device("cpu"), torch.device("cuda")
# A GPU takes indices and copies from the CPU, also where a part is set; `data` is replaced, not mixed.
CROSSES = {
    "__getitem__", "__setitem__", "copy_", "__set__", "_has_compatible_shallow_copy_type",
}  # fmt: skip


class Mixed(Exception):
    """Tensors of two devices met, or one of a GPU was used where only the CPU's can be."""


class Pretend(TorchFunctionMode):
    """Let `cuda` name a device whose tensors look as if they were on it, and may not meet others.

    A tensor whose place is not known (within the transforms of `torch.func`) may meet any.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if func == torch.Tensor.device.__get__:
            return place(args[0]) or CPU
        if func == torch.Tensor.is_cuda.__get__:
            return place(args[0]) == DEVICE
        if name in {"_parse_to", "device"}:
            return func(*args, **kwargs)
        given = list(_leaves((args, kwargs)))
        tensors = [x for x in given if isinstance(x, torch.Tensor)]
        if name in {"view_as", "reshape_as", "expand_as"}:
            del tensors[1:]  # only the shape of the other one matters
        asked = _asked(name, args, kwargs)
        if asked == DEVICE and kwargs.get("generator") is not None:
            _refuse(f"{name}: a GPU cannot draw from a generator of the CPU")
        if name in {"numpy", "__array__"} and place(args[0]) == DEVICE:
            _refuse("NumPy cannot read a tensor of a GPU: .cpu() is missing")
        if (
            not asked
            and name not in CROSSES
            and len({place(x) for x in tensors if x.ndim} - {None}) > 1
        ):
            _refuse(f"{name}: tensors of two devices meet")

        if any(_is_device(x) for x in given):
            args, kwargs = tree_map(lambda x: CPU if _is_device(x) else x, (args, kwargs))
        result = func(*args, **kwargs)
        if asked and any(result is x for x in tensors) and place(result) != asked:
            result = result.view_as(result)  # a move that had nothing to do here
        found = {place(x) for x in tensors}
        # one number of the CPU may join a GPU's tensor; what comes out is the GPU's
        reached = asked or (
            DEVICE if DEVICE in found else CPU if CPU in found or not tensors else None
        )
        if name == "__set__":
            args[0].pretended = reached
        for tensor in _leaves(result):
            if isinstance(tensor, torch.Tensor) and not any(tensor is x for x in tensors):
                tensor.pretended = reached
        return result


def parameter(cls, data=None, requires_grad=True):
    """Stand for the making of a `torch.nn.Parameter`, which no mode hears of either."""
    made = _new_parameter(cls, data, requires_grad)
    made.pretended = place(data)
    return made


_new_parameter = torch.nn.Parameter.__new__


def from_numpy(array) -> torch.Tensor:
    """Stand for `torch.from_numpy`, which no mode hears of."""
    return torch.as_tensor(array)


def place(tensor) -> torch.device | None:
    """Return the device that a tensor pretends to be on, None where that is not known."""
    return getattr(tensor, "pretended", None)


def _leaves(x):
    """Yield what nested tuples, lists and dictionaries hold; by hand, as every operation of a chapter passes here."""
    if isinstance(x, tuple | list):
        for each in x:
            yield from _leaves(each)
    elif isinstance(x, dict):
        for each in x.values():
            yield from _leaves(each)
    else:
        yield x


def _is_device(x) -> bool:
    return x == "cuda" if isinstance(x, str) else isinstance(x, torch.device) and x.type == "cuda"


def _asked(name: str, args, kwargs) -> torch.device | None:
    """Return the device that a call names."""
    if name == "cpu":
        return CPU
    if kwargs.get("device") is not None:
        return DEVICE if _is_device(kwargs["device"]) else CPU
    if name in {"to", "type_as"}:
        for x in (*args[1:], *kwargs.values()):
            if isinstance(x, torch.Tensor):
                return place(x)
            if _is_device(x):
                return DEVICE
            if isinstance(x, torch.device) or x == "cpu":
                return CPU
    return None


def _refuse(said: str):
    package = str(Path(redrawn.__file__).parent)
    lines = [f for f in traceback.extract_stack() if f.filename.startswith(package)]
    where = f" at {lines[-1].filename}:{lines[-1].lineno}: {lines[-1].line}" if lines else ""
    raise Mixed(said + where)
