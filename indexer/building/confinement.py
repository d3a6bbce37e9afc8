"""Confine this process for good: it opens no file but those its libraries are made of, and no connection.

A reader of a complex format may have a fault by which a document runs code of its own. Linux then still keeps
it from the rest of the machine: Landlock (since 5.13) from files, seccomp from sockets and other programs.
Where the system has neither, nothing is confined; limits on time and memory hold in any case.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls of Landlock, the same on every architecture."""
_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 22, 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_FIRST_VERSION = (1 << 13) - 1
"""The rights to files that Landlock's first version knows."""
_CHANGES = _FIRST_VERSION & ~(_EXECUTE | _READ_FILE | _READ_DIR)
"""Those that change something."""
_SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo")
_DEVICES = ("/sys/devices/system", "/dev/null", "/dev/urandom", "/proc/self")
"""What the system's libraries read to learn about the machine."""

_ARCHITECTURES = {
    # machine → (its number for seccomp, socket, connect, execve, execveat, ptrace, io_uring_setup)
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 425)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 425)),
}
_X32 = 0x40000000
"""Bit by which x86-64 marks calls of its other interface, which would go round the list."""


def confine(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Keep this process from all files but its libraries and these folders, from sockets and programs.

    Return whether the system does all of it. What is open already stays open.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform != "linux" or libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    files = _restrict_files(libc, {*_libraries(), *readable}, writable)
    return _restrict_calls(libc) and files


def _libraries() -> Iterator[Path]:
    """Yield the folders that Python, its packages and these packages are read from."""
    yield from map(Path, (*_SYSTEM, *_DEVICES, sys.prefix, sys.base_prefix, sys.exec_prefix))
    yield from (Path(path) for path in sysconfig.get_paths().values())
    # Packages of a user, of Debian, or of another environment that a .pth file names stand apart from these.
    yield from (path for path in map(Path, sys.path) if path.name in ("site-packages", "dist-packages"))
    yield from (Path(__file__).parents[2] / name for name in ("indexer", "models"))


def _restrict_files(libc: ctypes.CDLL, readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    attributes = struct.pack("=Q", _FIRST_VERSION)
    rules = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in readable:
            _allow(libc, rules, path, _EXECUTE | _READ_FILE | _READ_DIR)
        for path in writable:
            path.mkdir(parents=True, exist_ok=True)
            _allow(libc, rules, path, _CHANGES | _READ_FILE | _READ_DIR)
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    with suppress(OSError):  # what is not there need not be read
        descriptor = os.open(path, os.O_PATH)
        try:
            if not path.is_dir():
                rights &= _READ_FILE | _WRITE_FILE | _EXECUTE
            libc.syscall(_ADD_RULE, rules, 1, struct.pack("=Qi", rights, descriptor), 0)
        finally:
            os.close(descriptor)


def _restrict_calls(libc: ctypes.CDLL) -> bool:
    """Have the system refuse (EACCES) calls that open connections, run programs or look into others."""
    if platform.machine() not in _ARCHITECTURES:
        return False
    architecture, refused = _ARCHITECTURES[platform.machine()]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | 13, 0x80000000
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (answer, 0, 0, kill), (load, 0, 0, 0)]
    program += [(at_least, len(refused) + 1, 0, _X32)]
    program += [(equal, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    program += [(answer, 0, 0, allow), (answer, 0, 0, refuse)]
    code = b"".join(struct.pack("=HBBI", *each) for each in program)
    buffer = ctypes.create_string_buffer(code)
    filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
    return bool(libc.prctl(_PR_SET_SECCOMP, 2, filter_, 0, 0) == 0)
