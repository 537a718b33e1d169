"""Who uses how much: one look at /proc from outside the sandboxes, where a kernel's code cannot lie."""

import os
from dataclasses import dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One line of /proc/<id>/stat: bytes of resident memory, shared pages counted in each; pages it has touched; ticks
    of the processor, with those of children that have ended."""

    number: int
    parent: int
    threads: int
    resident: int
    faults: int = 0
    user: int = 0
    system: int = 0


@dataclass(frozen=True)
class ProcessUse:
    """Of a process and all below it. `tasks` are processes and threads."""

    processes: int = 0
    tasks: int = 0
    resident: int = 0
    user: int = 0
    system: int = 0


@dataclass(frozen=True)
class Shares:
    """Bytes that a process costs the machine; of these what goes back when it alone ends, and what is shared memory."""

    proportional: int = 0
    private: int = 0
    mapped: int = 0

    def __add__(self, other: "Shares") -> "Shares":
        return Shares(self.proportional + other.proportional, self.private + other.private, self.mapped + other.mapped)


class ProcessTable:
    """All processes of the machine at one moment. Costs about 15 µs for each; pathlib would double that."""

    def __init__(self, processes: dict[int, Process]) -> None:
        self.processes = processes
        self._children: dict[int, list[int]] = {}
        for process in processes.values():
            self._children.setdefault(process.parent, []).append(process.number)

    @classmethod
    def take(cls) -> "ProcessTable":
        found = {}
        for name in os.listdir("/proc"):  # noqa: PTH208
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/stat", "rb") as handle:  # noqa: PTH123
                    fields = handle.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # It ended while we looked.
            # Of proc_pid_stat(5), counted from the state: 1 parent, 7 minor faults, 11 and 12 time, 13 and 14 that of
            # ended children, 17 threads, 21 resident pages.
            found[int(name)] = Process(
                number=int(name),
                parent=int(fields[1]),
                threads=int(fields[17]),
                resident=int(fields[21]) * _PAGE,
                faults=int(fields[7]),
                user=int(fields[11]) + int(fields[13]),
                system=int(fields[12]) + int(fields[14]),
            )
        return cls(found)

    def family(self, ancestor: int) -> list[int]:
        """`ancestor` and all below it; empty when it does not exist."""
        if ancestor not in self.processes:
            return []
        found = [ancestor]
        for number in found:  # Grows while it is walked.
            found.extend(self._children.get(number, ()))
        return found

    def use(self, ancestor: int) -> ProcessUse:
        family = [self.processes[number] for number in self.family(ancestor)]
        return ProcessUse(
            processes=len(family),
            tasks=sum(one.threads for one in family),
            resident=sum(one.resident for one in family),
            user=sum(one.user for one in family),
            system=sum(one.system for one in family),
        )

    def share(self, ancestor: int, *, unseen: int = 0) -> int:
        """Bytes of a family, with shared pages divided among those who share them: what it costs the machine.

        `unseen` is shared memory that is counted elsewhere: what is mapped of it is not counted twice. Reading it walks
        the page tables (a millisecond for 300 MB). A process that hides counts whole.
        """
        shares = sum((self.shares(number) for number in self.family(ancestor)), Shares())
        return shares.proportional + max(0, unseen - shares.mapped)

    def shares(self, number: int) -> "Shares":
        """Of one process alone, as `share`."""
        found = _rollup(number)
        if found is None:
            return Shares(self.processes[number].resident, self.processes[number].resident)
        private = found.get(b"Private_Clean:", 0) + found.get(b"Private_Dirty:", 0)
        return Shares(found.get(b"Pss:", 0), private, found.get(b"Pss_Shmem:", 0))

    def outside_number(self, sandbox: int, inside: int) -> int | None:
        """The machine's number of the process that is `inside` in the namespace below `sandbox`; None when it is gone.

        Without a namespace both are the same.
        """
        for number in self.family(sandbox):
            if number != sandbox and _innermost(number) == inside:
                return number
        return None


def _innermost(number: int) -> int | None:
    try:
        lines = Path(f"/proc/{number}/status").read_bytes().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return next((int(line.split()[-1]) for line in lines if line.startswith(b"NSpid:")), None)


def peak_bytes(number: int) -> int:
    """The most memory that one process ever had, as the system counts it; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{number}/status").read_bytes().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"VmHWM:")), 0)


def written_bytes(number: int) -> int:
    """What one process, and children of it that have ended, wrote to disks; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{number}/io").read_bytes().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(b"write_bytes:")), 0)


def private_bytes(number: int) -> int:
    """Memory of one process that it shares with nobody; 0 when it is gone or may not be looked at."""
    found = _rollup(number) or {}
    return found.get(b"Private_Clean:", 0) + found.get(b"Private_Dirty:", 0)


def _rollup(number: int) -> dict[bytes, int] | None:
    """The totals of /proc/<id>/smaps_rollup in bytes; None when it is gone or may not be looked at."""
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_bytes().splitlines()[1:]
    except OSError:
        return None
    return {words[0]: int(words[1]) * 1024 for words in map(bytes.split, lines)}
