"""The device that a run computes on."""

import importlib.util
import platform
import re
from pathlib import Path

DEVICES = ("auto", "cpu", "cuda", "mps")


def resolve_device(device: str) -> str:
    """Return the device that `auto` means here, without the two seconds that importing torch takes."""
    if device != "auto":
        return device
    version = Path(importlib.util.find_spec("torch").origin).with_name("version.py").read_text()
    has_cuda_build = re.search(r"^cuda: [^=]*= '", version, re.MULTILINE) is not None
    if has_cuda_build and any(Path("/proc/driver/nvidia/gpus").glob("*")):
        return "cuda"
    return "mps" if (platform.system(), platform.machine()) == ("Darwin", "arm64") else "cpu"
