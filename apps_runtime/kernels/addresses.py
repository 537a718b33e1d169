"""Where a kernel is, and what the host knows about it: values that go over the wire and into rows."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class KernelAddress:
    """All that is needed to talk to a kernel again, from any process of its machine. JSON-able; it holds a secret."""

    kernel_id: str
    connection: dict  # Jupyter's connection file: transport ipc, ip a path on the host, ports, key, signature_scheme
    host: str  # the kernel host's socket
    interrupt_mode: str = "signal"  # "message": the kernelspec wants interrupt_request instead of SIGINT
    uploads: str = ""  # where the session's uploads are inside the sandbox
    forked_from: str = ""  # the template, when the published version has been played already
    since: float = 0.0  # seconds since 1970

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> "KernelAddress":
        """Raises TypeError for JSON that is not an address."""
        return cls(**data)


@dataclass(frozen=True)
class KernelStatus:
    """One kernel as its host sees it."""

    kernel_id: str
    project_id: str
    label: str
    state: str
    age_seconds: float
    resident: int = 0  # bytes, of the kernel and all below it, shared pages counted
    peak: int = 0  # the most of that so far; 0 for a kernel that nobody has measured yet
    processes: int = 0
    process: int = 0  # its number on the machine; 0 in its first half second
    purpose: str = ""
    person: str = ""
    app: str = ""
    template: str = ""
    notice: str = ""  # why the host has just interrupted it
    ending: bool = False  # the host has ordered its end


@dataclass(frozen=True)
class TemplateReport:
    """Whether a published version can be forked; if not, why, in words for its author, and the cell to blame."""

    ready: bool
    reason: str = ""
    cell_id: str = ""
    bytes: int = 0  # memory of the template that it shares with nobody
    seconds: float = 0.0  # that the cells took
