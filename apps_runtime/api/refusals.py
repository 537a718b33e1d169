"""What a program asked can't be done: a status and a sentence."""

from ninja import Schema


class Problem(Exception):
    """The message is a sentence; `status` is HTTP's."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        super().__init__(sentence)


class Refused(Schema):
    """The body of every answer that is not a success."""

    sentence: str
