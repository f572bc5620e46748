"""What the process that opens documents may do, taken from it before it has seen any: all but reading them.

Layers, each as far as the kernel has it; none needs a privilege. Namespaces: no network, no right over
processes of the outer user namespace. Landlock: of the file system, what Python itself needs and one
folder of documents; no TCP, no signal, no abstract socket that leads outside. seccomp: no sockets, no
other process or program, no tracing, no kernel interfaces that decoders have no use for. Limits: no
file written, no core. `confine` must run before the first thread starts: user namespaces ask for that.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from worker.reading.pages import seccomp

_NEW_NETWORK, _NEW_USER, _NEW_IPC = 0x4000_0000, 0x1000_0000, 0x0800_0000
_NO_NEW_PRIVILEGES = 38
_RULESET, _RULE, _RESTRICT = 444, 445, 446  # system calls of Landlock, the same on every architecture
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 1 << 1, 1 << 2, 1 << 3
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FIRST_RIGHTS = (1 << 13) - 1
_SINCE = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # version of Landlock: the right on files that came with it
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/dev/urandom")
_HERE = Path(__file__).parents[2]  # the package `worker`; `schemas` lies beside it
_THREADS = 64
_FILES = 256


def confine(documents: Path | None) -> Mapping[str, str]:
    """Take from this process what it does not need; per layer `yes`, or why it does not hold.

    `documents` is the one folder it may read from.
    """
    steps: dict[str, Callable[[], None]] = {
        "no_new_privileges": _give_up_privileges,
        "namespaces": _leave_network,
        "landlock": lambda: _leave_files(documents),
        "seccomp": seccomp.install,
        "limits": _limit,
    }
    if sys.platform != "linux":
        del steps["no_new_privileges"], steps["namespaces"], steps["landlock"], steps["seccomp"]
    return {name: _tried(step) for name, step in steps.items()}


def _tried(step: Callable[[], None]) -> str:
    try:
        step()
    except (OSError, ValueError) as error:
        return f"no: {error.strerror or error}" if isinstance(error, OSError) else f"no: {error}"
    return "yes"


def _give_up_privileges() -> None:
    if _libc().prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise _os_error()


def _leave_network() -> None:
    if _libc().unshare(_NEW_USER | _NEW_NETWORK | _NEW_IPC):
        raise _os_error()
    _set(resource.RLIMIT_NPROC, _THREADS)  # counts those of the new user namespace alone


def _leave_files(documents: Path | None) -> None:
    call = _libc().syscall
    version = call(_RULESET, None, 0, _ASK_VERSION)
    if version < 1:
        raise _os_error()
    rights = _FIRST_RIGHTS | sum(right for since, right in _SINCE.items() if version >= since)
    network, scope = (3 if version >= 4 else 0), (3 if version >= 6 else 0)
    attributes = (ctypes.c_uint64 * 3)(rights, network, scope)
    ruleset = call(_RULESET, attributes, ctypes.sizeof(attributes), 0)
    if ruleset < 0:
        raise _os_error()
    for path, allowed in _readable(documents):
        _allow(ruleset, path, allowed)
    failed = call(_RESTRICT, ruleset, 0)
    os.close(ruleset)
    if failed:
        raise _os_error()


def _readable(documents: Path | None) -> Iterator[tuple[Path, int]]:
    """What Python, its packages and the dynamic loader are read from, and the documents."""
    yield from ((Path(path), _READ) for path in _SYSTEM)
    yield Path(os.devnull), _READ_FILE | _WRITE_FILE
    yield from ((Path(prefix), _READ) for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix})
    root = _HERE.parent
    for entry in map(Path, sys.path):
        yield entry, (_READ_DIR if entry.resolve() == root else _READ)
    yield _HERE, _READ
    yield root / "schemas", _READ
    if documents is not None:
        yield documents, _READ_FILE | _READ_DIR


def _allow(ruleset: int, path: Path, allowed: int) -> None:
    """Allow what lies beneath; what is not there needs no rule."""
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not path.is_dir():
            allowed &= ~_READ_DIR
        rule = _PathBeneath(allowed, handle)
        failed = _libc().syscall(_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        os.close(handle)
        if failed:
            raise _os_error()


def _limit() -> None:
    for what, most in {
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: _FILES,
    }.items():
        _set(what, most)


def _set(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (limit, limit))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("handle", ctypes.c_int32))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _os_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
