"""What runs, ran and will run, for administrators: runs, schedules, sessions and outputs, without their content."""

from apps_runtime.admin import links, outputs, runs, schedules, sessions, tokens

__all__ = ["links", "outputs", "runs", "schedules", "sessions", "tokens"]
