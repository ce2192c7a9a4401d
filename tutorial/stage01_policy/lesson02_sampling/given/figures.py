"""The lesson's pictures: what truncation leaves of a distribution, and the ratio at step 0."""

from typing import Any

from matplotlib.figure import Figure

from lab.plots.style import BLACK, BLUE, ORANGE, numbers, panels, styled


@styled
def distributions(tokens: list[str], plain: Any, truncated: dict[str, Any]) -> Figure:
    """Bars: the probability of each token, from the model and as it is sampled with each of the settings.

    plain: the model's probabilities. truncated: for each name of settings the probabilities of the draw.
    """
    figure, axes = panels(len(truncated), width=9.0, height=2.6, sharey=True)
    places = range(len(tokens))
    for ax, (name, probabilities) in zip(axes, truncated.items(), strict=True):
        ax.bar(places, numbers(probabilities), color=BLUE, width=0.8, label="as sampled")
        ax.bar(places, numbers(plain), color="none", edgecolor=ORANGE, linewidth=1.5, width=0.8, label="the model's")
        ax.set(title=name, xticks=places, xticklabels=tokens, xlabel="token")
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel("probability")
    axes[-1].legend()
    return figure


@styled
def ratios(per_token: Any, answers: dict[str, list[float]]) -> Figure:
    """Left: the ratio at step 0 of many tokens that were drawn with top-p 0.8, if the trainer uses the
    plain softmax. Right: the mean ratio of a whole answer for each of the settings, a dot for each seed."""
    figure, (left, right) = panels(2, width=9.0, height=3.4)
    left.hist(numbers(per_token), bins=[0.78 + 0.01 * i for i in range(25)], color=BLUE)
    left.axvline(1, color=ORANGE, linestyle="--", label="the ratio that is right")
    left.set(title="top-p 0.8, each token", xlabel="ratio with the plain softmax", ylabel="tokens")
    left.set_ylim(top=1.2 * left.get_ylim()[1])  # room for the legend
    left.legend(loc="upper left")
    for i, values in enumerate(answers.values()):
        mean = sum(values) / len(values)
        right.bar(i, mean, color=BLUE, width=0.6)
        right.plot([i] * len(values), values, "o", color=BLACK, markersize=3)
        right.text(i, 0.05, f"{mean:.2f}", ha="center", color="white")
    right.axhline(1, color=ORANGE, linestyle="--")
    right.set(title="a whole answer, mean", ylabel="ratio", ylim=(0, 1.3))
    right.set_xticks(range(len(answers)), [name.replace(" ", "\n", 1) for name in answers], fontsize=8)
    right.grid(axis="x", visible=False)
    return figure
