"""Chapter 07: vanishing gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nnlib.course.deep import EPSILON, DeepFit, DeepStack, batch_norm_backward, batch_statistics, normalize
from nnlib.course.exercises._exercise import Answers, Asked, Contest, Exercise, Question, Told, in_kind

# ---------------------------------------------------------------------------------------------------------------------
# 1, by hand: a chain of tanh units
# ---------------------------------------------------------------------------------------------------------------------

check_chain = Answers(
    name="chain",
    asked={
        "largest_slope": Asked(
            right=1.0,
            slips={
                "¼ is the largest slope of the logistic function. tanh has 1 − a², and a may be 0.": 0.25,
                "That is the slope where a = 0.8. Asked is the largest of all a.": 0.36,
                "That is the smallest slope, far out, where the unit is saturated.": 0.0,
            },
        ),
        "slope": Asked(
            right=0.36,
            slips={
                "That is a(1 − a), the slope of a logistic unit. Of tanh it is 1 − a².": 0.16,
                "The square is missing: 1 − a².": 0.2,
                "That is a². The slope is what it lacks to 1.": 0.64,
                "The square belongs to a alone: 1 − a², not (1 − a)².": 0.04,
                "That is tanh′ at z = 0.8. Here 0.8 is the activation a: 1 − a².": 1 - np.tanh(0.8) ** 2,
            },
        ),
        "factor": Asked(
            right=0.72,
            slips={
                "The weight is missing: δ goes back through w, too.": 0.36,
                "The slope is missing: δ goes back through g′, too.": 2.0,
                "Multiplied by the activation. What comes back is multiplied by the slope.": 1.6,
                "The other way round: |δ^l| over |δ^(l+1)|.": 1 / 0.72,
            },
        ),
        "share": Asked(
            right=0.72**4,
            slips={
                "One layer too many: from layer 5 to layer 1 there are four steps.": 0.72**5,
                "One layer too few: from layer 5 to layer 1 there are four steps.": 0.72**3,
                "Factors multiply, they do not add.": 4 * 0.72,
                "Each layer takes 28 % of what is left, not of the whole.": 1 - 4 * 0.28,
                "That is what the slopes do. Each step has a weight as well.": 0.36**4,
            },
        ),
        "layers": Asked(
            right=23,
            slips={
                "That is the number of steps back. With L layers there are L − 1 of them.": 22,
                "With 21 steps |δ| is still above a thousandth, and L layers have L − 1 steps.": 21,
                "Count once more: two layers have ONE step between them.": 24,
                "Below a thousandth, so the next whole number of layers.": 1 + np.log(0.001) / np.log(0.72),
                "That many steps: take the next whole number, and a layer more.": np.log(0.001) / np.log(0.72),
                "That is without the weights, with the slope alone.": 8,
            },
        ),
        "keeping_weight": Asked(
            right=1 / 0.36,
            slips={
                "That would be right at a = 0, where the slope is 1.": 1.0,
                "That is for logistic units at their steepest. Here the slope is 0.36.": 4.0,
                "Upside down: w times the slope is to be 1.": 0.36,
                "Divided by the activation. What stands beside w on the way back is the slope.": 1 / 0.8,
                "The size of δ would be kept, but its sign would change in each step. Asked is the positive weight.": (
                    -1 / 0.36
                ),
                "That is what has to come to the factor 0.72. Asked is the whole weight.": 1 / 0.72,
                "No root: each step has one weight and one slope, w · g′ = 1.": 1 / 0.36**0.5,
            },
        ),
    },
    praise="tanh may have slopes up to 1, and with weights of 2 the error signal could double in each step. It dies "
    "all the same, because no unit is at its steepest. A weight of 2.78 would keep it, while a is 0.8 or −0.8.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 2, build: batch normalization backward, a whole layer
# ---------------------------------------------------------------------------------------------------------------------


def _mean(rows):
    return rows.mean(axis=0)


def _root(Z, ddof: int = 0, epsilon: float = EPSILON):
    return np.sqrt(Z.var(axis=0, ddof=ddof) + epsilon)


def _normalize_back(
    of_error: Callable = _mean,
    of_spread: Callable = _mean,
    deviation_of: Callable = _root,
    divide: Callable = lambda scale, deviation: scale / deviation,
    sign: float = -1.0,
    gather: Callable = lambda rows, scale: rows.sum(axis=0),
    with_z: Callable = lambda z_hat, Z: z_hat,
    shift: Callable = lambda E, scale: E.sum(axis=0),
    mean_of: Callable = _mean,
) -> Callable:
    """The backward pass of a normalized layer with its decisions left open, to be made rightly or wrongly."""

    def back(Z, scale, E):
        deviation = deviation_of(Z)
        paired = with_z((Z - mean_of(Z)) / deviation, Z)
        own = E + sign * of_error(E) + sign * paired * of_spread(E * paired)
        return divide(scale, deviation) * own, gather(E * paired, scale), shift(E, scale)

    return back


def _none(rows):
    return 0.0


def _over_units(rows):
    return rows.mean(axis=1, keepdims=True)


def _without_outer_z_hat(Z, scale, E):
    _, d_scale, d_shift = _nnlib(Z, scale, E)
    z_hat = (Z - _mean(Z)) / _root(Z)
    return scale / _root(Z) * (E - _mean(E) - _mean(E * z_hat)), d_scale, d_shift


def _exchanged(Z, scale, E):
    dZ, d_scale, d_shift = _nnlib(Z, scale, E)
    return dZ, d_shift, d_scale


def _over_each_row(Z, scale, E):
    deviation = np.sqrt(Z.var(axis=1, keepdims=True) + EPSILON)
    z_hat = (Z - Z.mean(axis=1, keepdims=True)) / deviation
    own = E - _over_units(E) - z_hat * _over_units(E * z_hat)
    return scale / deviation * own, (E * z_hat).sum(axis=0), E.sum(axis=0)


def _nnlib(Z, scale, E):
    z_hat = normalize(Z.T, *batch_statistics(Z.T))
    D, d_scale, d_shift = batch_norm_backward(E.T, z_hat, scale[:, None])
    return D.T, d_scale[:, 0], d_shift[:, 0]


def _by_jacobians(Z, scale, E):
    """Unit by unit, with the whole matrix ∂ẑ/∂z."""
    m, D, d_scale = len(Z), np.empty(Z.shape), []
    for j, z in enumerate(Z.T):
        deviation = np.sqrt(np.mean((z - z.mean()) ** 2) + EPSILON)
        z_hat = (z - z.mean()) / deviation
        D[:, j] = (np.eye(m) - 1 / m - np.outer(z_hat, z_hat) / m) / deviation @ (scale[j] * E[:, j])
        d_scale.append(E[:, j] @ z_hat)
    return D, np.array(d_scale), np.ones(m) @ E


def _layer(m: int, units: int, seed: int):
    rng = np.random.default_rng(seed)
    return rng.normal(1.0, 2.0, (m, units)), rng.uniform(0.5, 2.0, units), rng.normal(0.3, 1.0, (m, units))


check_normalize_back = Exercise(
    name="normalize_back",
    quantities=("∂E/∂Z", "∂E/∂scale", "∂E/∂shift"),
    cases=[_layer(5, 3, 0), _layer(8, 2, 1), _layer(4, 4, 2)],
    right=_nnlib,
    also_right=_by_jacobians,
    slips={
        "The mean of E is missing: every z moves the mean that is taken from all.": _normalize_back(of_error=_none),
        "The part with ẑ is missing: every z moves the deviation by which all are divided. Or the mean of E ⊙ Ẑ was "
        "taken for a product of two means: that of Ẑ is 0.": _normalize_back(of_spread=_none),
        "Mean and deviation are taken for constants. They move with every z.": _normalize_back(_none, _none),
        "The means run over the units. They belong over the samples of the batch, axis=0.": _normalize_back(
            _over_units, _over_units
        ),
        "Normalized over the units. A sample is a row here: mean and deviation over axis=0.": _over_each_row,
        "The means run over all entries. Each unit has its own, axis=0.": _normalize_back(np.mean, np.mean),
        "Sums over the batch, where its means belong.": _normalize_back(
            lambda rows: rows.sum(axis=0), lambda rows: rows.sum(axis=0)
        ),
        "Of E ⊙ Ẑ the mean over the batch is to be taken before it is multiplied by Ẑ.": _normalize_back(
            of_spread=lambda rows: rows
        ),
        "The ε = 1e-5 under the root is missing.": _normalize_back(deviation_of=lambda Z: Z.std(axis=0)),
        "ε belongs under the root, to the variance.": _normalize_back(deviation_of=lambda Z: Z.std(axis=0) + EPSILON),
        "The variance is divided by m − 1. In training it is the mean of the squares, divided by m.": _normalize_back(
            deviation_of=lambda Z: _root(Z, ddof=1)
        ),
        "The factor scale is missing in ∂E/∂Z.": _normalize_back(divide=lambda scale, deviation: 1 / deviation),
        "Divided by the variance. The deviation is its root.": _normalize_back(
            divide=lambda scale, deviation: scale / deviation**2
        ),
        "Not divided by the deviation: ẑ = (z − mean)/deviation.": _normalize_back(
            divide=lambda scale, deviation: scale + 0 * deviation
        ),
        "The factor scale stands there twice: once is enough, in front of all.": _normalize_back(
            divide=lambda scale, deviation: scale**2 / deviation
        ),
        "The second mean is to be multiplied by Ẑ before it is taken away.": _without_outer_z_hat,
        "Mean and deviation are those of all entries of Z. Each unit has its own, axis=0.": _normalize_back(
            np.mean, np.mean, lambda Z: np.sqrt(Z.var() + EPSILON), mean_of=np.mean
        ),
        "A sum over the batch in the part with ẑ, where a mean belongs.": _normalize_back(
            of_spread=lambda rows: rows.sum(axis=0)
        ),
        "Both means are taken away, not added.": _normalize_back(sign=1.0),
        "Here Z, where ẑ belongs.": _normalize_back(with_z=lambda z_hat, Z: Z),
        "∂E/∂scale is a sum over the batch, not a mean: scale serves all samples.": _normalize_back(
            gather=lambda rows, scale: rows.mean(axis=0)
        ),
        "∂E/∂scale has no factor scale: u = scale · ẑ + shift, and its derivative with respect to scale is ẑ.": (
            _normalize_back(gather=lambda rows, scale: scale * rows.sum(axis=0))
        ),
        "That is ∂E/∂shift. Return ∂E/∂Z, ∂E/∂scale, ∂E/∂shift, in this order.": _exchanged,
        "∂E/∂shift is a sum over the batch, not a mean.": _normalize_back(shift=lambda E, scale: E.mean(axis=0)),
        "∂E/∂shift has no factor scale: shift is added after scale has been multiplied.": _normalize_back(
            shift=lambda E, scale: scale * E.sum(axis=0)
        ),
    },
    praise="the backward pass that many are afraid of is three lines once the two means are kept. It is the next piece "
    "of your backpropagation of chapter 04: it comes after the slopes, before the product with W.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 3, read: five stacks, told by what goes through them
# ---------------------------------------------------------------------------------------------------------------------

KINDS = (
    "logistic, c = 1",
    "logistic with skips, c = 1",
    "tanh, c = 1",
    "tanh, c = 4",
    "ReLU, c = 1",
    "ReLU, c = 2",
    "ReLU, c = 4",
)
COLUMNS = {"P": KINDS[4], "Q": KINDS[3], "R": KINDS[0], "S": KINDS[1], "T": KINDS[2]}


def _passes(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """|δ¹| … |δ¹⁰|, and all activations, of a stack of 10 layers of 30 units at its start."""
    hidden, c = kind.split()[0].strip(",").lower(), float(kind[-1])
    rng = np.random.default_rng(7)
    X, Y = rng.normal(size=(50, 30)), rng.normal(size=(50, 5))
    stack = DeepStack(30, 30, 10, 5, hidden=hidden, residual="skips" in kind)
    w = stack.init(3, "he") * np.sqrt(c / 2)
    signals = stack.forward(w, X)
    return DeepFit(stack, X, Y).delta_norms(w)[:-1], np.array(signals.a[1:-1])


def _table() -> tuple[str, float, np.ndarray]:
    """The table; of P, as it stands there, the factor a layer on the average, and that of each layer."""
    passes = {name: _passes(kind) for name, kind in COLUMNS.items()}
    rows = ["layer " + "".join(f"{name:>10}" for name in passes)]
    for l in range(10, 0, -1):
        rows.append(f"|δ^{l}|".ljust(6) + "".join(f"{norms[l - 1]:10.3g}" for norms, _ in passes.values()))
    rows += ["a = 0 " + "".join(f"{np.mean(a == 0):10.0%}" for _, a in passes.values())]
    rows += ["max a " + "".join(f"{a.max():10.3g}" for _, a in passes.values())]
    steps = [float(f"{norm:.3g}") for norm in passes["P"][0]]
    return "\n".join(rows), (steps[0] / steps[-1]) ** (1 / 9), np.divide(steps[:-1], steps[1:])


table_of_stacks, A_LAYER, EACH_LAYER = _table()

check_stacks = Answers(
    name="stacks",
    asked={
        "P": Asked(
            right=COLUMNS["P"],
            options=KINDS,
            slips={
                "With He's 2 a ReLU stack nearly keeps |δ|. This one loses a third in each layer.": "ReLU, c = 2",
                "The units are the right ones. But with c = 4 |δ| would grow on the way down.": "ReLU, c = 4",
            },
            hint="Column P: about half of its activations are exactly 0. Which unit does that?",
        ),
        "Q": Asked(
            right=COLUMNS["Q"],
            options=KINDS,
            slips={"With c = 1 the error signal of tanh shrinks a little. This one grows.": "tanh, c = 1"},
            hint="Column Q: no activation is 0, none is above 1, and |δ| grows on the way down.",
        ),
        "R": Asked(
            right=COLUMNS["R"],
            options=KINDS,
            hint="Column R: a factor of about 4 is lost in each layer. Whose slopes are at most ¼?",
        ),
        "S": Asked(
            right=COLUMNS["S"],
            options=KINDS,
            hint="Column S: activations above 1, none of them 0. Where do activations add up?",
        ),
        "T": Asked(
            right=COLUMNS["T"],
            options=KINDS,
            slips={"With c = 4 the error signal of tanh grows on its way down. This one shrinks.": "tanh, c = 4"},
            hint="Column T: no activation is 0 or above 1, and |δ| shrinks slowly.",
        ),
        "a_layer_of_P": Asked(
            right=A_LAYER,
            slips={
                "That is the share of all nine steps. Asked is the factor of one: the ninth root.": A_LAYER**9,
                "That is the tenth root. From layer 10 to layer 1 there are nine steps.": A_LAYER**0.9,
                "That is the share divided by the steps. Factors multiply, so take the root.": A_LAYER**9 / 9,
                "That is the mean of the nine factors. Factors multiply: which one, nine times over, does the same?": (
                    EACH_LAYER.mean()
                ),
                "That is the first step alone. Asked is the average of all nine.": EACH_LAYER[-1],
                "Upside down: on the way DOWN |δ| shrinks.": 1 / A_LAYER,
            },
        ),
        "theory_of_P": Asked(
            right=np.sqrt(0.5),
            slips={
                "That is c times the share of units that are on, the factor of the SQUARE of |δ|.": 0.5,
                "That is the weights alone. Half of the units are off.": 1.0,
                "That is what the table says. Asked is the theory, from c and the share of units that are on.": A_LAYER,
                "Upside down: c · ½ is below 1, and so is its root.": np.sqrt(2.0),
                "c is 1, and half of the units are on: that is one ½, and |δ| has the root of it.": 0.25,
            },
        ),
    },
    praise="P is the stack whose author forgot He's 2: √½ a layer by theory, a little less here, and 3 % are left "
    "after nine steps.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 4, bug hunt: five pieces of deep stacks with one fault each
# ---------------------------------------------------------------------------------------------------------------------


def start_a(units, inputs, rng):  # He's start of a ReLU layer
    W = rng.normal(0, 2 / inputs, (units, inputs))
    return W, np.zeros(units)


def train_b(Z, scale, shift):  # batch normalization in training, a sample a row
    mean = Z.mean(axis=1, keepdims=True)
    deviation = np.sqrt(Z.var(axis=1, keepdims=True) + 1e-5)
    return scale * (Z - mean) / deviation + shift


def predict_c(Z, scale, shift, mean, deviation):  # batch normalization when the network is used
    z_hat = (Z - Z.mean(axis=0)) / np.sqrt(Z.var(axis=0) + 1e-5)
    return scale * z_hat + shift


def skip_back_d(E, W, H, slope):  # ∂E/∂A of a layer A_out = A + g(A Wᵀ + b), from E = ∂E/∂A_out
    D = E * slope(H)
    return D @ W


def relu_back_e(E, W, A, A_out):  # ∂E/∂A of a ReLU layer A_out = relu(A Wᵀ + b), from E = ∂E/∂A_out
    D = E * (A > 0)
    return D @ W


broken_pieces = {piece.__name__: piece for piece in (start_a, train_b, predict_c, skip_back_d, relu_back_e)}
BUGS = (  # not in the order of the pieces
    "the free way down is missing",
    "normalized over the units, not over the batch",
    "the bias is missing",
    "the slopes are those of another layer",
    "the mean and the deviation are taken for constants",
    "a variance stands where a standard deviation belongs",
    "the outputs of a sample depend on the other samples",
)
FAULTS = {"start_a": BUGS[5], "train_b": BUGS[1], "predict_c": BUGS[6], "skip_back_d": BUGS[0], "relu_back_e": BUGS[3]}


def _symptoms() -> dict[str, str]:
    """What a run of each piece shows."""
    rng = np.random.default_rng(0)
    W, _ = start_a(50, 50, rng)
    x = rng.normal(size=(200, 50))
    shrinks = np.linalg.norm(np.maximum(x @ W.T, 0)) / np.linalg.norm(x)
    Z = rng.normal(2.0, 3.0, (6, 4))
    u, one = train_b(Z, 1.0, 0.0), predict_c(Z[:1], 1.0, 0.0, Z.mean(axis=0), Z.std(axis=0))
    back = skip_back_d(np.ones((1, 4)), np.zeros((4, 4)), u[:1], np.ones_like)
    return {
        "start_a": f"Run it: one layer of 50 units multiplies the signal by {shrinks:.2g}, where He's start keeps it.",
        "train_b": f"Run it on six samples of four units: the first has the mean {abs(u[:, 0].mean()):.2g}, not 0.",
        "predict_c": f"Run it on a single sample: all its numbers are {np.abs(one).max():.2g}, whatever it is.",
        "skip_back_d": f"Run it with W = 0, where the layer adds nothing to A: back comes {back[0, 0]:.2g}, E was 1.",
        "relu_back_e": "Run it with three inputs and two units: the shapes do not even agree.",
    }


SYMPTOMS = _symptoms()

check_bugs = Answers(
    name="bugs",
    asked={piece: Asked(right=FAULTS[piece], options=BUGS, hint=SYMPTOMS[piece]) for piece in broken_pieces},
    praise="all five. Four of them run without a complaint, in a stack of equal layers all five do.",
)

# ---------------------------------------------------------------------------------------------------------------------
# 5, contest: the start for any activation
# ---------------------------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "ReLU": lambda z: np.maximum(z, 0.0),
    "a leaky ReLU": lambda z: np.maximum(z, 0.1 * z),
    "|z|": np.abs,
    "the logistic function": lambda z: 1 / (1 + np.exp(-z)),
    "z/(1 + |z|)": lambda z: z / (1 + np.abs(z)),
}
LAYERS, MOST_VALUES = 30, 1000
_z = np.linspace(-8, 8, 401)
_density = np.exp(-(_z**2) / 2) / np.exp(-(_z**2) / 2).sum()


def _expected(values) -> float:
    """The mean of values at _z, for z with a normal distribution."""
    return float(_density @ values)


def signal_after(g: Callable, c: float, nets: int = 8, width: int = 100) -> float:
    """How many times as large as in layer 1 the pre-activations are after 30 layers: typical of eight networks."""
    logs = []
    for seed in range(nets):
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(20, width))
        z /= np.sqrt(np.mean(z**2))
        for _ in range(LAYERS):
            z = g(z) @ rng.normal(0, np.sqrt(c / width), (width, width)).T
        logs.append(np.log(np.sqrt(np.mean(z**2))))
    return float(np.exp(np.mean(logs)))


WRONG_GAINS = {
    "The same c for all of them: g has not been asked.": lambda g: 2.0,
    "Upside down: the more g leaves, the smaller c must be.": lambda g: _expected(g(_z) ** 2),
    "These are variances of g(z). The next z = Σ w a has the mean SQUARE of a, its mean counts too.": lambda g: (
        1 / (_expected(g(_z) ** 2) - _expected(g(_z)) ** 2)
    ),
    "These keep the error signal, not the signal: asked is g, not its slope.": lambda g: (
        1 / _expected(((g(_z + 1e-5) - g(_z - 1e-5)) / 2e-5) ** 2)
    ),
    "The root is too much: c is n times the variance, not the standard deviation.": lambda g: (
        1 / np.sqrt(_expected(g(_z) ** 2))
    ),
}


def _right_gain(g):
    return 1 / _expected(g(_z) ** 2)


def _by_midpoints(g):
    """The same mean with the density written out."""
    z, step = np.linspace(-6, 6, 500, retstep=True)
    weights = step * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return 1 / np.sum(weights * g(z) ** 2)


def _by_draws(g):
    return 1 / np.mean(g(np.random.default_rng(0).normal(size=300)) ** 2)


def _gains(gain: Callable) -> tuple[dict[str, float], int]:
    """What it returns for each activation, and the most values of one activation that it has asked for."""
    gains, counts = {}, [0]
    for name, g in ACTIVATIONS.items():
        asked = [0]

        def counted(z, g=g, asked=asked):
            asked[0] += np.size(z)
            return g(np.asarray(z, dtype=float))

        c = in_kind("What gain returns", gain(counted), 1.0)
        if c.shape != () or c <= 0:
            raise Told(f"gain must return one number above 0, n times the variance; for {name} it does not.")
        gains[name], counts = float(c), [*counts, asked[0]]
    return gains, max(counts)


def _score(gain: Callable) -> tuple[bool, str]:
    """Whether all signals keep their size within a factor of 2, and what is wrong with the worst."""
    gains, most = _gains(gain)
    with np.errstate(all="ignore"):
        after = {name: signal_after(g, gains[name]) for name, g in ACTIVATIONS.items()}
    off = {name: abs(np.log(value)) if value > 0 else np.inf for name, value in after.items()}
    worst = max(off, key=lambda name: np.nan_to_num(off[name], nan=np.inf))
    score = f"The worst is {worst}: after {LAYERS} layers the signal is {after[worst]:.3g} times what it was. "
    for hint, wrong in WRONG_GAINS.items():
        if all(abs(gains[name] / wrong(g) - 1) < 1e-3 for name, g in ACTIVATIONS.items()):
            return False, score + hint
    if len({round(c, 6) for c in gains.values()}) == 1:
        return False, score + next(iter(WRONG_GAINS))
    if most > MOST_VALUES:
        return (
            False,
            f"{score}But {most} values of one activation are too many: {MOST_VALUES} must do, placed with care.",
        )
    if off[worst] <= np.log(2):
        return True, f"{score}All keep their size within a factor of 2, with {most} values of g at most."
    ratios = {name: gains[name] / _right_gain(g) for name, g in ACTIVATIONS.items()}
    ratio = ratios[worst]
    if max(ratios.values()) < 1.001 * min(ratios.values()):
        told = f"All five c are {ratio:.3g} times what they should be. "
        return False, score + told + "Do the weights of the mean add up to 1? Is a 2 in it twice?"
    return False, f"{score}Its c is {ratio:.3g} times what it should be, and {LAYERS} layers do that {LAYERS} times."


check_gain = Contest(
    name="gain",
    judge=_score,
    right=_right_gain,
    also_right=_by_midpoints,
    slips={
        **WRONG_GAINS,
        "and 30 layers do that 30 times": _by_draws,
        "Do the weights of the mean add up to 1? Is a 2 in it twice?": lambda g: (
            1 / np.sum(np.exp(-(_z**2) / 2) * g(_z) ** 2)
        ),
        "values of one activation are too many": lambda g: (
            1 / np.mean(g(np.random.default_rng(0).normal(size=100_000)) ** 2)
        ),
    },
)

# ---------------------------------------------------------------------------------------------------------------------
# What the figures ask
# ---------------------------------------------------------------------------------------------------------------------

share_of_the_first_layer = Question(
    "Ten logistic layers of 16 units, the weights drawn with variance 1/n (c = 1). The error signal of the last of "
    "them is |δ¹⁰|. How much of it is |δ¹|, in the first one?",
    {
        "about a half": "Tempting, because chapter 05 chose this variance to keep signals alike. But the way back "
        "leads through the slopes as well, and in each layer.",
        "about a tenth": "Tempting, as if ten layers shared one error among them. They do not share it: each layer "
        "passes on what it gets, multiplied.",
        "about a hundredth": "Tempting: a loss of two fifths in each layer would do that. But logistic units "
        "lose three quarters and more.",
        "about a millionth": "Nine steps back, and each multiplies by a slope of at most ¼, while these weights "
        "neither help nor harm. ¼ to the ninth power is four millionths.",
    },
    answer="about a millionth",
)

the_same_push = Question(
    "A unit is normalized over five samples, u = ẑ. The error pushes ALL five u alike, "
    "e = ∂E/∂u = 1 for every sample. What arrives at the five z, as δ = ∂E/∂z?",
    {
        "1 for each of them": "Tempting, because u goes up and down with z. But each z moves the mean as well.",
        "1 over the deviation for each": "Tempting, because z is divided by the deviation. That forgets the mean: "
        "when all z grow alike, no ẑ moves.",
        "0 for each of them": "When all z grow alike the mean grows with them, and no ẑ moves. No loss can ask for it.",
        "more for samples far from the mean": "Tempting, because these have the largest ẑ. They matter for the "
        "deviation, but a push that is alike for all does not ask the deviation to change.",
    },
    answer="0 for each of them",
)

best_single_cure = Question(
    "Twenty layers, 50 steps, for each stack the best of four learning rates. Which of the single cures ends lowest?",
    {
        "tanh with Xavier's start": "Tempting, because its error signal keeps a fifth of its size. It comes second.",
        "ReLU with He's start": "Tempting, because slopes of 1 damp nothing. But about half of the slopes are 0: a "
        "tenth of the error signal arrives, and where the steps are long enough to learn, units die.",
        "normalization of logistic units": "Each layer gets signals of the right size again, in every step of the "
        "training and not only at its start.",
        "skips around logistic units": "Tempting, because the error signal arrives undiminished. But the activations, "
        "all positive, add up on the way forward, and the outputs begin far off.",
    },
    answer="normalization of logistic units",
)
