"""A seccomp filter: system calls that no decoder has a use for fail with EPERM.

Written as classic BPF, so that it needs no library; numbers are those of the kernel's tables.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Mapping, Sequence

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # operations of classic BPF
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in what the kernel shows the filter
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF_0000, 0x0005_0001, 0x0005_0026  # …, errno EPERM, errno ENOSYS
_THREAD = 0x0001_0000  # CLONE_THREAD
_OTHER_TABLE = 0x4000_0000  # calls of x32 begin here

_X86_64 = {
    "clone": 56,
    "clone3": 435,
    "tgkill": 234,
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "bind": 49,
    "listen": 50,
    "socketpair": 53,
    "fork": 57,
    "vfork": 58,
    "execve": 59,
    "execveat": 322,
    "kill": 62,
    "tkill": 200,
    "rt_sigqueueinfo": 129,
    "rt_tgsigqueueinfo": 297,
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "pidfd_send_signal": 424,
    "shmget": 29,
    "shmat": 30,
    "semget": 64,
    "msgget": 68,
    "mq_open": 240,
    "mount": 165,
    "umount2": 166,
    "pivot_root": 155,
    "chroot": 161,
    "unshare": 272,
    "setns": 308,
    "open_by_handle_at": 304,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "perf_event_open": 298,
    "bpf": 321,
    "userfaultfd": 323,
    "io_uring_setup": 425,
}
_AARCH64 = {
    "clone": 220,
    "clone3": 435,
    "tgkill": 131,
    "socket": 198,
    "socketpair": 199,
    "bind": 200,
    "listen": 201,
    "accept": 202,
    "connect": 203,
    "execve": 221,
    "execveat": 281,
    "kill": 129,
    "tkill": 130,
    "rt_sigqueueinfo": 138,
    "rt_tgsigqueueinfo": 240,
    "ptrace": 117,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "kcmp": 272,
    "pidfd_open": 434,
    "pidfd_getfd": 438,
    "pidfd_send_signal": 424,
    "shmget": 194,
    "shmat": 196,
    "semget": 190,
    "msgget": 186,
    "mq_open": 180,
    "mount": 40,
    "umount2": 39,
    "pivot_root": 41,
    "chroot": 51,
    "unshare": 97,
    "setns": 268,
    "open_by_handle_at": 265,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "perf_event_open": 241,
    "bpf": 280,
    "userfaultfd": 282,
    "io_uring_setup": 425,
}
_TABLES = {"x86_64": (0xC000_003E, _X86_64), "aarch64": (0xC000_00B7, _AARCH64)}
_LOOKED_INTO = ("clone", "clone3", "tgkill")  # refused by what they are called with


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("operation", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(_Instruction)))


def install() -> None:
    """Filter the calls of this process for good; raises OSError, ValueError on unknown architectures.

    The process must have given up new privileges before.
    """
    machine = platform.machine()
    if machine not in _TABLES:
        raise ValueError(f"no table of system calls for {machine}")
    architecture, numbers = _TABLES[machine]
    program = _program(architecture, numbers, process=os.getpid())
    instructions = (_Instruction * len(program))(*(_Instruction(*each) for each in program))
    given = _Program(len(program), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(given), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _program(
    architecture: int, numbers: Mapping[str, int], *, process: int
) -> Sequence[tuple[int, int, int, int]]:
    """The instructions: operation, how many to leap over if it holds and if it does not, value."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        refuse,
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_TABLE),
        refuse,
        (_EQUAL, 0, 1, numbers["clone3"]),  # the C library then takes clone, whose flags can be seen
        (_RETURN, 0, 0, _UNKNOWN),
    ]
    for name, test in (("clone", (_ANY_BIT, 0, 1, _THREAD)), ("tgkill", (_EQUAL, 0, 1, process))):
        program += [(_EQUAL, 0, 4, numbers[name]), (_LOAD, 0, 0, _FIRST_ARGUMENT), test, allow, refuse]
    for name, number in numbers.items():
        if name not in _LOOKED_INTO:
            program += [(_EQUAL, 0, 1, number), refuse]
    return [*program, allow]
