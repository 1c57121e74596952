"""The chart of the README: a bar for each target, as long as it is beyond the target or
short of it. Plain SVG, which follows the reader's light or dark mode."""

import math
from html import escape

ROW = 22        # [px] from one bar to the next
LABEL = 470     # [px] for the words on the left
SCALE = 150     # [px] for a factor of ten
DECADES = (-1, 2)  # from a tenth of the target to 100 times
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .faint { fill: #59636e } .title { font-size: 15px; font-weight: 600 }
  .met { fill: #2da44e } .missed { fill: #cf5b2e } .grid { stroke: #d1d9e0 } .target { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .faint { fill: #9198a1 } .met { fill: #3fb950 } .missed { fill: #f0883e }
    .grid { stroke: #3d444d } .target { stroke: #f0f6fc }
  }
"""


def x_of(factor):
    low, high = DECADES
    return LABEL + SCALE * (min(max(math.log10(max(factor, 1e-9)), low), high) - low)


def bar(line, y):
    kind = "met" if line.met else "missed"
    left, right = sorted((x_of(1), x_of(line.distance)))
    width = max(right - left, 1.5)
    ratio = escape(f"{line.ratio:.2f} ({line.target})")
    words = escape(f"{line.workload}: {line.compared}" if line.compared else line.workload)
    return (f'<text x="{LABEL - 10}" y="{y + 12}" text-anchor="end">{words}</text>'
            f'<rect class="{kind}" x="{left:.1f}" y="{y + 2}" width="{width:.1f}" height="13" rx="2"/>'
            f'<text class="faint" x="{right + 6:.1f}" y="{y + 12}">{ratio}</text>')


def svg(tables):
    lines = [line for table in tables for line in table.lines if line.distance is not None]
    top, bottom = 70, 70 + ROW * len(lines)
    width = LABEL + SCALE * (DECADES[1] - DECADES[0]) + 130
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 20}" role="img" '
             f'width="{width}" height="{bottom + 20}">'
             f"<title>What was measured, in units of the targets</title><style>{STYLE}</style>",
             '<text class="title" x="10" y="22">Measured, in units of the target</text>',
             '<text class="faint" x="10" y="42">To the right of the line is better than asked. '
             'Behind each bar: the ratio, and its target.</text>']
    for exponent in range(DECADES[0], DECADES[1] + 1):
        x = x_of(10.0**exponent)
        kind = "grid" if exponent else "target"
        parts.append(f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top - 6}" y2="{bottom}"/>'
                     f'<text class="faint" x="{x}" y="{top - 10}" '
                     f'text-anchor="middle">{10.0**exponent:g}x</text>')
    parts += [bar(line, top + ROW * i) for i, line in enumerate(lines)]
    return "\n".join([*parts, "</svg>", ""])
