"""A crowded node: python3 node-load.py NAMESPACES PROCESSES SOCKETS

Makes NAMESPACES network namespaces with one process each, sleeping processes until there are PROCESSES in all, and SOCKETS
TCP sockets, all but one established, in the first of the namespaces. Prints {"busy": pid in the first namespace} once all is
there; everything ends with its standard input. Needs root.
"""

import ctypes
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
FILES_PER_PROCESS = 8000
namespaces, processes, sockets = map(int, sys.argv[1:])
libc = ctypes.CDLL(None, use_errno=True)
children = []


def unshare_network():
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")


def loopback_up():
    with socket.socket() as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fork(action):
    """Runs `action` in a child, waits until it is done, and leaves the child asleep."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        os.close(reader)
        held = action()
        os.write(writer, b".")
        os.close(writer)
        signal.pause()
        del held
        os._exit(0)
    os.close(writer)
    children.append(pid)
    if os.read(reader, 1) != b".":
        raise RuntimeError("a child failed")
    os.close(reader)
    return pid


def sleeper(prepare=lambda: None):
    def begin():
        die_with_parent()
        prepare()

    child = subprocess.Popen(["sleep", "infinity"], preexec_fn=begin, stdin=subprocess.DEVNULL)
    children.append(child.pid)


def connect_pairs(listener, pairs):
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES_PER_PROCESS + 100,) * 2)
    held = []
    for _ in range(pairs):
        client = socket.create_connection(listener.getsockname())
        held += [client, listener.accept()[0]]
    return held


def fill_first():
    """The first namespace, and in it the processes that hold the sockets."""
    unshare_network()
    loopback_up()
    listener = socket.create_server(("127.0.0.1", 8080), backlog=64)
    left = (sockets - 1) // 2
    while left > 0:
        pairs = min(left, FILES_PER_PROCESS // 2)
        fork(lambda: connect_pairs(listener, pairs))
        left -= pairs
    return listener


def end(*_):
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(0)


signal.signal(signal.SIGTERM, end)
busy = fork(fill_first)
for _ in range(namespaces - 1):
    sleeper(unshare_network)
while len(children) + (sockets // FILES_PER_PROCESS) < processes:
    sleeper()
print(json.dumps({"busy": busy}), flush=True)
sys.stdin.read()
end()
