"""A project's folder with something in it, for tests."""

from pathlib import Path

from projects.models import Project


def put(project: Project, path: str, content: bytes = b"a,b\n1,2\n") -> Path:
    """Write a file as a cell would."""
    file = project.files_dir / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file
