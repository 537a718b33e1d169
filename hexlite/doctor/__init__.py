"""What `manage.py doctor` looks at: Django checks with the tag "doctor".

To add one, write a function in the module of its noun (or in any module that `doctor` imports):

    @register("doctor", deploy=True)
    def the_database_answers(**options):
        \"\"\"The database answers and is migrated.\"\"\"        ← printed when all is well
        return [Error("what is wrong", hint="what to do", id="hexlite.E001")]

`deploy=True` keeps it out of every other command. An Error makes doctor exit with 1, a Warning does not.
A check that another problem keeps from looking raises CannotTell.
"""

from hexlite.doctor import files, kernels, safety, services, work

__all__ = ["files", "kernels", "safety", "services", "work"]
