"""Teams, notebooks and what was done to projects, for administrators. Projects and people are in `sharing.admin`."""

from projects.admin import notebooks, workspaces

__all__ = ["notebooks", "workspaces"]
