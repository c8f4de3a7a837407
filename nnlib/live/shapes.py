"""From matplotlib's artists to the small vocabulary that `plot.js` draws.

There are five kinds of shapes: `polyline`, `polygon`, `marker`, `label` and `cells`, a matrix of colors. A shape is a
dict with its kind, its look (colors as CSS text, lengths in CSS pixels), the rectangle it is clipped to, and `points`:
an (n, 2) array in pixels from the top left corner of the figure. A row of NaN lifts the pen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from matplotlib import rcParamsDefault
from matplotlib.artist import Artist
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path
from matplotlib.text import Text
from numpy.typing import NDArray

_PEN_LIFT = np.full((1, 2), np.nan)
_FINE = 4  # curves are cut into straight pieces at this many times the size on the page


def shapes_of(artist: Artist) -> Iterator[dict]:
    """Yield the shapes that draw one artist as it is now, in drawing order."""
    if not artist.get_visible():
        return
    if isinstance(artist, Line2D):
        yield from _line(artist)
    elif isinstance(artist, PolyCollection):
        yield from _collection(artist)
    elif isinstance(artist, AxesImage):
        yield _cells(artist)
    elif isinstance(artist, Patch):
        yield _patch(artist)
    else:
        yield from _label(artist)


def _line(line: Line2D) -> Iterator[dict]:
    pixel = _pixels_per_point(line)
    if line.get_linestyle() not in ("None", "none", " ", ""):
        width = line.get_linewidth() * pixel
        yield {
            "kind": "polyline",
            "stroke": _css(line.get_color(), line.get_alpha()),
            "width": round(width, 2),
            "dash": [round(length * width, 2) for length in _dashes(line)],
            "clip": _clip(line),
            "points": _clipped_line(line),
        }
    if line.get_marker() not in ("None", "none", " ", "", None):
        yield _markers(line, pixel)


def _markers(line: Line2D, pixel: float) -> dict:
    size = line.get_markersize() * pixel * (0.5 if line.get_marker() == "." else 1.0)
    edge_width = line.get_markeredgewidth() * pixel
    edge = _css(line.get_markeredgecolor(), line.get_alpha())
    fill = _css(line.get_markerfacecolor(), line.get_alpha()) if line.get_marker() in Line2D.filled_markers else None
    if fill == edge:  # one filling out to the edge's rim looks the same and is drawn four times as fast
        size, edge = size + edge_width, None
    return {
        "kind": "marker",
        "outline": _marker_outline(line.get_marker(), line.get_fillstyle(), size),
        "fill": fill,
        "stroke": edge,
        "width": round(edge_width, 2),
        "clip": _clip(line),
        "points": _points_in_sight(line),
    }


def _collection(collection: PolyCollection) -> Iterator[dict]:
    fills, edges, widths = collection.get_facecolor(), collection.get_edgecolor(), collection.get_linewidth()
    for i, path in enumerate(collection.get_paths()):
        fill = fills[i % len(fills)] if len(fills) else "none"
        edge = edges[i % len(edges)] if len(edges) else "none"
        yield _polygon(collection, path, fill, edge, widths[i % len(widths)])


def _cells(image: AxesImage) -> dict:
    """A matrix of colors between two corners, its first row at the first one."""
    matrix = image.get_array()
    colors = np.round(image.to_rgba(matrix, bytes=True)[..., :3].reshape(-1, 3))
    palette, which = np.unique(colors, axis=0, return_inverse=True)
    left, right, bottom, top = image.get_extent()
    corners = [(left, top), (right, bottom)] if image.origin == "upper" else [(left, bottom), (right, top)]
    return {
        "kind": "cells",
        "columns": matrix.shape[1],
        "palette": [to_hex(color / 255) for color in palette],
        "cells": which.ravel().tolist(),
        "clip": _clip(image),
        "points": _from_top_left(image, image.axes.transData.transform(corners)),
    }


def _patch(patch: Patch) -> dict:
    return _polygon(patch, patch.get_path(), patch.get_facecolor(), patch.get_edgecolor(), patch.get_linewidth())


def _polygon(artist: Artist, path: Path, fill, edge, linewidth: float) -> dict:
    width, height = _figure_size(artist)
    corners = artist.get_transform().transform_path(path).to_polygons(width=width, height=height)
    return {
        "kind": "polygon",
        "fill": _css(fill),
        "stroke": _css(edge),
        "width": round(linewidth * _pixels_per_point(artist), 2),
        "clip": _clip(artist),
        "points": _from_top_left(artist, _with_pen_lifts(corners)),
    }


def _label(text: Text) -> Iterator[dict]:
    words = text.get_text()
    if "$" in words:
        raise ValueError(f"a moving text is plain Unicode (μ, λ₁, x²), formulas between dollars are not: {words!r}")
    at = text.get_transform().transform(text.get_unitless_position())
    if not words or not np.isfinite(at).all():
        return
    yield {
        "kind": "label",
        "text": words,
        "fill": _css(text.get_color(), text.get_alpha()),
        "size": round(text.get_fontsize() * _pixels_per_point(text), 2),
        "bold": _is_bold(text.get_fontweight()),
        "italic": text.get_fontstyle() != "normal",
        "horizontal": text.get_horizontalalignment(),
        "vertical": text.get_verticalalignment(),
        "rotation": text.get_rotation(),
        "clip": _clip(text),
        "points": _from_top_left(text, np.clip(at, -1e4, 1e4)[np.newaxis]),
    }


def _clipped_line(line: Line2D) -> NDArray[np.float64]:
    """Points of the line inside the figure; what leaves it is cut off at the border, however far it goes."""
    width, height = _figure_size(line)
    path = line.get_transform().transform_path(line.get_path())
    path = path.cleaned(remove_nans=True, clip=(0, 0, width, height))
    drawn = path.codes != Path.STOP
    pieces = np.split(path.vertices[drawn], np.flatnonzero(path.codes[drawn] == Path.MOVETO))
    return _from_top_left(line, _with_pen_lifts(pieces))


def _points_in_sight(line: Line2D) -> NDArray[np.float64]:
    at = line.get_transform().transform(line.get_path().vertices)
    reach = line.get_markersize() * _pixels_per_point(line)
    with np.errstate(invalid="ignore"):
        inside = ((at >= -reach) & (at <= _figure_size(line) + reach)).all(axis=1)
    return _from_top_left(line, at[inside])


@lru_cache
def _marker_outline(symbol: str, fill_style: str, size: float) -> list[list[float]]:
    """One marker around (0, 0) as closed or open polylines [x0, y0, x1, y1, …] in pixels, y down."""
    marker = MarkerStyle(symbol, fill_style)
    path = marker.get_path().transformed(marker.get_transform().scale(_FINE * size))
    pieces = path.to_polygons(closed_only=False)
    return [np.round(piece * (1 / _FINE, -1 / _FINE), 2).ravel().tolist() for piece in pieces]


def _with_pen_lifts(pieces: list[NDArray]) -> NDArray[np.float64]:
    pieces = [piece for piece in pieces if len(piece)]
    if not pieces:
        return np.empty((0, 2))
    return np.concatenate([part for piece in pieces for part in (_PEN_LIFT, piece)][1:])


def _from_top_left(artist: Artist, points: NDArray) -> NDArray[np.float64]:
    """Matplotlib counts pixels from the bottom left corner, the browser from the top left."""
    return points * (1, -1) + (0, _figure_size(artist)[1])


def _figure_size(artist: Artist) -> NDArray[np.float64]:
    return artist.figure.bbox.size


def _pixels_per_point(artist: Artist) -> float:
    return artist.figure.dpi / 72


def _clip(artist: Artist) -> list[float] | None:
    """The rectangle [left, top, width, height] of the artist's axes, or None where it may draw anywhere."""
    if artist.axes is None or not artist.get_clip_on():
        return None
    box = artist.axes.bbox
    return [round(float(v), 2) for v in (box.x0, _figure_size(artist)[1] - box.y1, box.width, box.height)]


def _dashes(line: Line2D) -> list[float]:
    """Lengths on, off, on, … in line widths."""
    pattern = {"--": "dashed", "-.": "dashdot", ":": "dotted"}.get(line.get_linestyle())
    return list(rcParamsDefault[f"lines.{pattern}_pattern"]) if pattern else []


def _is_bold(weight: str | int) -> bool:
    return weight >= 600 if isinstance(weight, int) else bool(re.search("bold|heavy|black", weight))


def _css(color, alpha: float | None = None) -> str | None:
    """The color as CSS text, None where nothing is to be seen."""
    red, green, blue, opacity = to_rgba(color, alpha)
    return to_hex((red, green, blue, opacity), keep_alpha=opacity < 1) if opacity > 0 else None
