"""Records what diffusers' from_config makes of each scheduler's config for each other class, and where that one goes.

    python test/reference/make_scheduler_pairs.py
"""

import inspect
import itertools
import json
import math
import warnings
from pathlib import Path

import diffusers

from make_scheduler_suites import exact_rounding, trajectory

warnings.filterwarnings("ignore")
diffusers.logging.set_verbosity_error()
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "fixtures" / "reference" / "scheduler_pairs.json"
CLASSES = sorted(path.stem for path in (HERE / "scheduler_suites").glob("*.json"))
CLASSES = sorted({*CLASSES, "PNDMScheduler"})
# Each class is given those of these keys that it has; the others it defaults.
GIVEN = {
    "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1,
    "prediction_type": "v_prediction", "timestep_spacing": "trailing", "solver_order": 3, "use_karras_sigmas": True,
    "clip_sample": False, "skip_prk_steps": True, "lower_order_final": True, "final_sigmas_type": "sigma_min",
    "variance_type": "learned_range", "flow_shift": 3.0, "sigma_min": 0.03, "set_alpha_to_one": False,
}  # fmt: skip


def plain(config: dict) -> dict:
    return {k: str(v) if v in (math.inf, -math.inf) else v for k, v in config.items() if not k.startswith("_")}


STEPS = 5


def run(target, config: dict) -> dict:
    """Where a scheduler made from a config goes; nothing where diffusers fails."""
    name = target.__name__
    seed = {"noise_sampler_seed": 7} if name == "DPMSolverSDEScheduler" else {}
    learned = name == "DDPMScheduler" and "learned" in target.from_config(config).config.variance_type
    with exact_rounding():
        try:
            scheduler = target.from_config(config, **seed)
            scheduler.set_timesteps(STEPS)
            return {"steps": STEPS, **trajectory(scheduler, {}, learned)}
        except Exception:
            return {}


def main() -> None:
    pairs = []
    for source, target in itertools.product(CLASSES, CLASSES):
        own, other = getattr(diffusers, source), getattr(diffusers, target)
        given = {k: v for k, v in GIVEN.items() if k in inspect.signature(own.__init__).parameters}
        try:
            scheduler = other.from_config(own(**given).config)
            made = plain(json.loads(scheduler.to_json_string()))
        except Exception as error:
            pairs.append({"source": source, "given": given, "target": target, "raises": type(error).__name__})
            continue
        made = {key: "-inf" if value == -math.inf else value for key, value in made.items()}
        defaults = plain(json.loads(other().to_json_string()))
        changed = {k: v for k, v in made.items() if k not in defaults or v != defaults[k] and v != "-inf"}
        pairs.append({"source": source, "given": given, "target": target, "changed": changed, "run": run(other, own(**given).config)})
    TARGET.write_text("[\n" + ",\n".join(map(json.dumps, pairs)) + "\n]\n")


main()
