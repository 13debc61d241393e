"""What the tool writes into pages, between markers."""

BEGIN, END = "<!-- written by tools/bench_peers.py -->\n", "<!-- end of what it writes -->\n"
BEGIN_INT8 = "<!-- written by tools/bench_peers.py, int8 -->\n"


def text(page: str, begin: str = BEGIN) -> str:
    """What is between the markers of a page."""
    return page.split(begin)[1].split(END)[0]


def replaced(page: str, text: str, begin: str = BEGIN) -> str:
    """The page with other text between its markers."""
    before, rest = page.split(begin)
    return before + begin + text + END + rest.split(END, 1)[1]
