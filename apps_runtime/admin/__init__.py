"""What runs, ran and will run, for administrators: runs, schedules, sessions and outputs, without their content."""

from apps_runtime.admin import analyses, links, outputs, runs, schedules, sessions, tokens, tries

__all__ = ["analyses", "links", "outputs", "runs", "schedules", "sessions", "tokens", "tries"]
