"""The entity-relationship diagram of the marts as SVG: which key of which table points where."""

from __future__ import annotations

from html import escape
from itertools import chain

ROW, HEAD, GAP, WIDTH = 18, 26, 22, 260  # pixels
LEFT, MIDDLE, RIGHT = 10, 430, 850
COLOURS = ("#1b6ca8", "#a8501b", "#2d7d46", "#8a2be2", "#b0306a", "#5b6b00", "#00777a", "#7a4b00")
Key = tuple[str, str, str]


def diagram(keys: list[Key], own_keys: dict[str, str]) -> str:
    """SVG of tables and their keys.

    `keys` lists (table, column, table that it points to), `own_keys` the key of each table that is
    pointed to. Tables that point stand in the middle, the others left and right of them.
    """
    keys = [key for key in keys if key[0] != key[2]]
    pointing = list(dict.fromkeys(table for table, _, _ in keys))
    pointed = list(dict.fromkeys(to for _, _, to in keys if to not in pointing))
    columns = {table: [column for t, column, _ in keys if t == table] for table in pointing}
    columns |= {table: [own_keys[table]] for table in pointed}
    half = (len(pointed) + 1) // 2
    bottom = _height(pointing, columns)
    places = _stack(pointing, columns, MIDDLE, bottom)
    places |= _stack(pointed[:half], columns, LEFT, bottom)
    places |= _stack(pointed[half:], columns, RIGHT, bottom)
    colours = dict(zip(pointed, COLOURS * len(pointed)))
    lines = [_line(key, places, columns, colours.get(key[2], "#555")) for key in keys]
    boxes = [_box(table, columns[table], places[table], colours.get(table, "#333"))
             for table in places]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {RIGHT + WIDTH + 10} {bottom}" '
            'font-family="sans-serif" font-size="12" role="img" '
            'aria-label="Entity-relationship diagram of the marts">'
            + "".join(chain(lines, boxes)) + "</svg>")


def _size(columns: list[str]) -> int:
    return HEAD + ROW * len(columns) + 6


def _height(tables: list[str], columns: dict[str, list[str]]) -> int:
    return sum(_size(columns[table]) + GAP for table in tables) + GAP


def _stack(tables: list[str], columns: dict[str, list[str]], x: int, bottom: int) -> dict:
    """Table → its upper left corner, spread evenly from top to bottom."""
    free = bottom - sum(_size(columns[table]) for table in tables)
    places, y = {}, 0.0
    for table in tables:
        y += free / (len(tables) + 1)
        places[table] = (x, round(y))
        y += _size(columns[table])
    return places


def _line(key: Key, places: dict, columns: dict[str, list[str]], colour: str) -> str:
    table, column, to = key
    (x, y), (to_x, to_y) = places[table], places[to]
    y += HEAD + ROW * columns[table].index(column) + ROW // 2
    to_y += HEAD // 2
    start, end = (x, to_x + WIDTH) if to_x < x else (x + WIDTH, to_x)
    if to_x == x:
        start = end = x + WIDTH
    bend = (start + end) / 2 if to_x != x else start + 60
    return (f'<path d="M{start},{y} C{bend},{y} {bend},{to_y} {end},{to_y}" fill="none" '
            f'stroke="{colour}" opacity="0.7"/><circle cx="{start}" cy="{y}" r="3" '
            f'fill="{colour}"/>')


def _box(table: str, columns: list[str], place: tuple[int, int], colour: str) -> str:
    x, y = place
    rows = "".join(
        f'<text x="{x + 10}" y="{y + HEAD + ROW * n + 13}">{escape(column)}</text>'
        for n, column in enumerate(columns)
    )
    return (f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{_size(columns)}" rx="4" fill="#fff" '
            f'stroke="{colour}"/><rect x="{x}" y="{y}" width="{WIDTH}" height="{HEAD}" rx="4" '
            f'fill="{colour}"/><text x="{x + 10}" y="{y + 17}" fill="#fff" font-weight="bold">'
            f"{escape(table)}</text>{rows}")
