"""A claim's accepted values as a small inline SVG.

Written out by hand: a page a paper has several, and a plotting library takes a hundred times as long.
"""

import math
from html import escape

from redrawn.book.expectation import Interval

WIDTH, HEIGHT, MARGIN = 220, 48, 6


def sparkline(series: dict[str, list[Interval]], accepted: tuple[float, float], label: str) -> str:
    """Return values with their intervals, oldest left; the accepted region is shaded.

    Args:
        series: by name, one interval a version; every name has as many.
        accepted: the ends of the region in which the claim holds; infinite where it is open.
        label: what a reader hears who cannot see the drawing.

    """
    ends = [end for points in series.values() for p in points for end in (p.low, p.high)]
    ends += [bound for bound in accepted if math.isfinite(bound)]
    low, high = min(ends), max(ends)
    span = (high - low) or 1.0

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return round(HEIGHT - MARGIN - (inside - low) / span * (HEIGHT - 2 * MARGIN), 1)

    def x(index: int, count: int) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (index + 0.5) / count, 1)

    drawn = []
    if any(map(math.isfinite, accepted)):
        top = y(accepted[1]) if math.isfinite(accepted[1]) else 0
        bottom = y(accepted[0]) if math.isfinite(accepted[0]) else HEIGHT
        drawn.append(
            f'<rect class="accepted" x="0" y="{top}" width="{WIDTH}" height="{max(bottom - top, 1)}"/>'
        )
    for points in series.values():
        places = [(x(i, len(points)), p) for i, p in enumerate(points)]
        drawn.append(f'<polyline points="{" ".join(f"{at},{y(p.value)}" for at, p in places)}"/>')
        for at, p in places:
            drawn.append(f'<path d="M{at} {y(p.low)}V{y(p.high)}"/>')
            drawn.append(f'<circle cx="{at}" cy="{y(p.value)}" r="2.5"/>')
    return (
        f'<svg class="sparkline" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(label, quote=True)}">{"".join(drawn)}</svg>'
    )
