"""What the host asks of the fork server, and what a child needs to become a kernel."""

import resource
from dataclasses import asdict, dataclass, field


@dataclass(frozen=True)
class Caps:
    """Limits of one process, for setrlimit; 0 means "as it is". Sizes in bytes."""

    address_space: int = 0
    processes: int = 0
    open_files: int = 0
    file_size: int = 0

    def apply(self) -> None:
        """Lower the limits of this process for good. Raises ValueError when one lies above what is allowed already."""
        for which, amount in (
            (resource.RLIMIT_AS, self.address_space),
            (resource.RLIMIT_NPROC, self.processes),
            (resource.RLIMIT_NOFILE, self.open_files),
            (resource.RLIMIT_FSIZE, self.file_size),
        ):
            if amount:
                resource.setrlimit(which, (amount, amount))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@dataclass(frozen=True)
class KernelOrder:
    """One kernel to start. Paths are as they are inside the sandbox."""

    kernel: str
    connection_file: str
    working_directory: str
    environment: dict[str, str] = field(default_factory=dict)
    caps: Caps = Caps()
    # Landlock: the trees this kernel may read and write; both empty means no domain is taken.
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    network: bool = True
    sockets: bool = True  # may make others than Unix sockets
    # A program of another kernelspec to execute instead of forking ipykernel; empty for the fork.
    command: tuple[str, ...] = ()
    template: str = ""

    @classmethod
    def from_message(cls, message: dict) -> "KernelOrder":
        """From the host's JSON; the host is trusted, so a missing field is a bug and raises KeyError."""
        return cls(
            kernel=message["kernel"],
            connection_file=message["connection_file"],
            working_directory=message["working_directory"],
            environment=message["environment"],
            caps=Caps(**message["caps"]),
            readable=tuple(message["readable"]),
            writable=tuple(message["writable"]),
            network=message["network"],
            sockets=message["sockets"],
            command=tuple(message["command"]),
            template=message.get("template", ""),
        )

    def to_message(self) -> dict:
        """As the host's JSON, for a template that forks it."""
        return asdict(self)


@dataclass(frozen=True)
class TemplateOrder:
    """A version to play in a process that is then forked. `settle`: its limits and domain; cells: (id, source)."""

    template: str
    settle: KernelOrder
    cells: tuple[tuple[str, str], ...]
