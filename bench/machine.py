"""What the figures were measured on, read from the machine itself."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from pathlib import Path

import numpy as np

COPY_BYTES = 256 * 1024 * 1024


def description() -> str:
    """Processor, memory, system and load, in one line; no host name."""
    load = os.getloadavg()[0]
    return (
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, "
        f"{platform.system()} {platform.release().split('-')[0]}, "
        f"load average {load:.1f} when the run began"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3


def versions(packages: tuple[str, ...] = ("numpy", "numba", "polars", "pyarrow")) -> str:
    """Versions of Python and of the packages that carry the load."""
    named = [f"CPython {platform.python_version()}"]
    named += [f"{name} {importlib.metadata.version(name)}" for name in packages]
    return ", ".join(named)


def memcpy_bytes_per_second(runs: int = 7) -> float:
    """Bytes copied a second by one thread between two warm buffers of 256 MiB; the median."""
    source = np.ones(COPY_BYTES, dtype=np.uint8)
    target = np.empty_like(source)
    np.copyto(target, source)
    rates = []
    for _ in range(runs):
        began = time.perf_counter()
        np.copyto(target, source)
        rates.append(COPY_BYTES / (time.perf_counter() - began))
    return float(np.median(rates))
