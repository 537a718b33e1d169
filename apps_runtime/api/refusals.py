"""What a program asked can't be done: a status and a sentence."""

from ninja import Schema
from pydantic import BaseModel, ConfigDict


class ApiProblem(Exception):
    """The message is a sentence; `status` is HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


class Refused(Schema):
    """The body of every answer that is not a success."""

    sentence: str


class Asked(BaseModel):
    """The body of a request. A field that nobody knows is refused: a program whose “input” was meant as “inputs” would
    else get the results of the defaults, and nobody would notice."""

    model_config = ConfigDict(extra="forbid")


# What every address may answer besides what its own lines say.
ALWAYS = {400: Refused, 401: Refused, 403: Refused, 404: Refused, 422: Refused}
