"""The course's live figures, one call each in a lesson: what an optimizer does, drawn while a slider moves."""

from nnlib.live.explorers.curve_fit import fit_step_by_step
from nnlib.live.explorers.descent import descent_on_surface
from nnlib.live.explorers.lm_steps import lm_steps
from nnlib.live.explorers.mu_dial import mu_dial
from nnlib.live.explorers.network_runs import descent_on_network, lm_against_descent

__all__ = ["descent_on_network", "descent_on_surface", "fit_step_by_step", "lm_against_descent", "lm_steps", "mu_dial"]
