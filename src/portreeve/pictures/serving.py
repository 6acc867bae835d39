"""What every worker process does: give up what reading a picture does not need, and answer."""

from __future__ import annotations

import math
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable

import msgspec
from PIL import Image

from portreeve.pictures.limits import Limits
from portreeve.pictures.wire import receive, send


def serve(read: Callable[[bytes, Limits], msgspec.Struct], idle_seconds: int = 0) -> None:
    """Answer until the other side hangs up, or nothing was asked for so many seconds, if any.

    The socket's number and the limits are the arguments of the process.
    """
    limits = msgspec.json.decode(sys.argv[2], type=Limits)
    # an alarm, as a socket with a time limit asks poll, which may hold no file here
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        _confine(limits)
        signal.alarm(idle_seconds)
        while (data := receive(parent, limits.bytes)) is not None:
            signal.alarm(0)
            _allow_seconds(limits.seconds)
            send(parent, msgspec.msgpack.encode(read(data, limits)))
            signal.alarm(idle_seconds)


def _confine(limits: Limits) -> None:
    """Give up what decoding does not need: memory, writing, and opening any file or connection."""
    Image.init()
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _allow_seconds(seconds: float) -> None:
    """The system ends this process if one picture takes longer, even when nobody waits for it."""
    soft = math.ceil(time.process_time() + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
