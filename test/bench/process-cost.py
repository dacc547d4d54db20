"""Runs one command and writes its whole cost to a file: python3 process-cost.py COST.json COMMAND [ARGUMENT...]

CPU is user + system of the process and its threads as the kernel reports it at exit (wait4), microsecond clock. Peak RSS has a
floor of this interpreter's own size (about 9 MB), because the kernel carries the high-water mark over exec.
"""

import json
import os
import sys
import time

cost_path, command = sys.argv[1], sys.argv[2:]
started = time.monotonic()
pid = os.fork()
if pid == 0:
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"{command[0]}: {error}", file=sys.stderr)
        os._exit(127)
_, status, usage = os.wait4(pid, 0)
cost = {
    "wallSeconds": time.monotonic() - started,
    "cpuSeconds": usage.ru_utime + usage.ru_stime,
    "peakRssMb": usage.ru_maxrss / 1024,
    "exitCode": os.waitstatus_to_exitcode(status),
}
with open(cost_path, "w") as file:
    json.dump(cost, file)
