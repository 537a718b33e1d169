"""When schedules are due: pure functions of recurrence, time zone and time. No framework is imported here."""
