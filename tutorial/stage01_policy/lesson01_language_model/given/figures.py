"""Pictures of a distribution over texts. A point stands for EOS; a text without one was cut off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lab.plots.style import BLACK, BLUE, GREY, ORANGE, PALE, numbers, panels, styled


@styled
def price_of_tokens(tokens: str, log_probs: Any) -> Figure:
    """tokens: one character each. log_probs: of each token but the first, given all before it."""
    figure, axis = panels(1, width=6.0, height=3.2)
    values = numbers(log_probs)
    axis.bar(range(len(values)), values, color=BLUE, width=0.6)
    for x, value in enumerate(values):
        axis.text(x, value - 0.05, f"{value:.2f}", ha="center", va="top")
    axis.set_xticks(range(len(values)), [f"{tokens[x]} → {tokens[x + 1]}" for x in range(len(values))])
    axis.set(
        ylabel="log-probability (nats)", xlabel="last token read → token predicted", ylim=(min(values) - 0.4, 0.05)
    )
    return figure


@styled
def mask(rows: Sequence[str], prompts: Sequence[int], mask: Any) -> Figure:
    """rows: the tokens of prompt and completion. prompts: how many belong to the prompt. mask: (rows, width - 1)."""
    table = numbers(mask)
    width = len(table[0]) + 1
    figure, axis = panels(1, width=0.95 * width + 1.2, height=0.62 * len(rows) + 1.0)
    for y, (row, prompt, counted) in enumerate(zip(rows, prompts, table, strict=True)):
        for x in range(width - 1):
            colour = BLUE if counted[x] else PALE
            axis.add_patch(Rectangle((x - 0.47, y - 0.42), 0.94, 0.84, facecolor=colour, edgecolor="#aaaaaa"))
            here, following = (row[i] if i < len(row) else "pad" for i in (x, x + 1))
            axis.text(x, y, f"{here} → {following}", ha="center", va="center", color="white" if counted[x] else BLACK)
        axis.plot([prompt - 1.5] * 2, [y - 0.46, y + 0.46], color=ORANGE, linewidth=3)
    axis.set(
        xlim=(-0.55, width - 1.45), ylim=(len(rows) - 0.4, -0.6), xlabel="column t: prediction of the token at t + 1"
    )
    axis.set_xticks(range(width - 1))
    axis.set_yticks(range(len(rows)), [f"row {i}" for i in range(len(rows))])
    axis.grid(False)
    axis.tick_params(length=0)
    for spine in axis.spines.values():
        spine.set_visible(False)
    return figure


@styled
def by_length(exact: Mapping[str, float]) -> Figure:
    """exact: text -> probability. Bars: the probability of all texts with so many tokens; the number of texts on top."""
    figure, axis = panels(1, width=6.0, height=3.2)
    for ended, colour, label in ((True, BLUE, "ended with EOS"), (False, ORANGE, "cut off")):
        for length in range(1, max(map(len, exact)) + 1):
            texts = [t for t in exact if len(t) == length and t.endswith(".") == ended]
            if not texts:
                continue
            bottom = 0.0 if ended else sum(p for t, p in exact.items() if len(t) == length and t.endswith("."))
            height = sum(exact[t] for t in texts)
            first = length == 1 or not ended
            axis.bar(length, height, bottom=bottom, color=colour, width=0.7, label=label if first else None)
            axis.text(length, bottom + height / 2, str(len(texts)), ha="center", va="center", color="white")
    axis.set(xlabel="tokens in the text, EOS included", ylabel="probability")
    axis.set_title(f"{len(exact)} texts; together {sum(exact.values()):.12f}")
    axis.legend()
    return figure


@styled
def samples(exact: Mapping[str, float], counts: Mapping[str, int], most: int = 20) -> Figure:
    """exact: text -> probability. counts: how often each was drawn. Left: the likeliest texts. Right: all texts that are
    expected five times or more; nearly all should lie within two standard errors."""
    total = sum(counts.values())
    figure, (left, right) = panels(2, width=11.0, height=3.8, gridspec_kw={"width_ratios": [1.7, 1]})
    texts = sorted(exact, key=exact.get, reverse=True)
    shown = texts[:most]
    left.bar(range(len(shown)), [exact[t] for t in shown], color=PALE, edgecolor=GREY, label="exact")
    errors = [2 * (exact[t] * (1 - exact[t]) / total) ** 0.5 for t in shown]
    shares = [counts.get(t, 0) / total for t in shown]
    left.errorbar(
        range(len(shown)), shares, errors, fmt="o", color=BLUE, markersize=4, label="samples ± 2 standard errors"
    )
    left.set_xticks(range(len(shown)), shown, rotation=60, ha="right", family="monospace")
    left.set(ylabel="probability", title=f"The {len(shown)} likeliest of {len(exact)} texts")
    left.legend()
    often = [t for t in texts if exact[t] * total >= 5]
    z = [(counts.get(t, 0) - total * exact[t]) / (total * exact[t] * (1 - exact[t])) ** 0.5 for t in often]
    right.plot([exact[t] for t in often], z, "o", color=BLUE, markersize=3)
    right.axhspan(-2, 2, color=PALE, zorder=0)
    right.set(xscale="log", xlabel="exact probability (log scale)", ylabel="samples − exact (standard errors)")
    right.set_title(f"{len(often)} texts, {total:,} samples")
    right.set_ylim(-5, 5)
    return figure


@styled
def raised(history: Sequence[Mapping[str, float]], answer: str) -> Figure:
    """history: the exact distribution after each step. answer: the text that was made more likely."""
    figure, axis = panels(1, width=6.5, height=3.4)
    chosen = [exact[answer] for exact in history]
    total = [sum(exact.values()) for exact in history]
    rest = [t - c for t, c in zip(total, chosen, strict=True)]
    axis.plot(total, ":", color=BLACK, linewidth=2, label="all texts")
    axis.plot(rest, "--", color=ORANGE, linewidth=2, label=f"the other {len(history[0]) - 1} texts")
    axis.plot(chosen, "-", color=BLUE, linewidth=2, label=answer)
    axis.set(xlabel="step", ylabel="probability", ylim=(-0.03, 1.08))
    axis.legend(loc="center right")
    return figure


@styled
def means(exact: float, estimates: Mapping[int, Sequence[float]]) -> Figure:
    """exact: an expected value. estimates: number of samples -> several means of so many samples."""
    figure, axis = panels(1, width=6.5, height=3.2)
    for samples, found in estimates.items():
        axis.plot([samples] * len(found), numbers(found), "o", color=BLUE, markersize=4, alpha=0.5)
    axis.axhline(exact, color=ORANGE, linewidth=2, label=f"exact: {exact:.4f}")
    axis.set(xscale="log", xlabel="samples in each mean (log scale)", ylabel="mean number of tokens")
    axis.legend()
    return figure


@styled
def moved(before: Mapping[str, float], after: Mapping[str, float], most: int = 6) -> Figure:
    """before, after: two distributions. The texts that lost most, and those that gained most."""
    order = sorted(before, key=lambda text: after[text] - before[text])
    shown = order[:most] + order[-most:]
    figure, axis = panels(1, width=8.0, height=3.4)
    axis.bar([x - 0.2 for x in range(len(shown))], [before[t] for t in shown], 0.4, color=GREY, label="before")
    axis.bar([x + 0.2 for x in range(len(shown))], [after[t] for t in shown], 0.4, color=BLUE, label="after")
    axis.set_xticks(range(len(shown)), shown, rotation=60, ha="right", family="monospace")
    axis.set(yscale="log", ylim=(1e-5, 1.5), ylabel="probability (log scale)")
    axis.set_title(f"The {most} texts that lost most, and the {most} that gained most")
    axis.legend()
    return figure
