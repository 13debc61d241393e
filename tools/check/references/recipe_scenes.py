"""Two pictures of Examples with what is in them, drawn again (tools/smears/README.md has their seeds)."""

from smears.scene import Smear, draw


def drawn() -> dict[str, Smear]:
    return {"smear": draw(1003, 640, 480, 1.0), "smear-tall": draw(28, 400, 560, 0.95)}
