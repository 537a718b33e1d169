"""People, projects and who may do what with them, for administrators."""

from sharing.admin import invitations, people, projects

__all__ = ["invitations", "people", "projects"]
