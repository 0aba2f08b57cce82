"""What /proc says of a process: CPU seconds, memory, descriptors."""
import os

TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid):
    """User and system seconds of all threads so far, to 10 ms."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def memory(pid):
    """(resident now, highest resident) in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        found = dict(line.split(":", 1) for line in file if line.startswith(("VmRSS", "VmHWM")))
    return tuple(int(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
