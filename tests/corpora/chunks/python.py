"""Connections, kept open."""
import threading
from typing import Any

LIMIT = 8
TIMEOUT: Final[int] = 30
logger: Logger


class Pool(Base):
    """Keeps connections open."""

    size = 0

    def __init__(self, name: str) -> None:
        self.name = name

    # Blocks until one is free.
    @retry(times=3)
    @traced
    async def take(self) -> Any:
        def inner():
            return 1
        return inner()


@dataclass
class Options:
    limit: int = 8
    name: "str | None"


# Opens one connection.
def connect(name, *, timeout=3):
    return Pool(name)


if __name__ == "__main__":
    connect("x")
