"""What is refused for now: too much within a minute, or a part of hexlite is away."""


class NotNow(Exception):
    """Nothing was done. The message is a sentence that says what to do; `status` is HTTP's, `seconds` when it may be
    tried again."""

    def __init__(self, sentence: str, *, status: int, seconds: int) -> None:
        self.status, self.seconds = status, seconds
        super().__init__(sentence)

    @property
    def sentence(self) -> str:
        return str(self)
