"""Records how diffusers' schedulers behave in the configurations that diffusers' own tests exercise.

Each file in scheduler_suites/ is named after a class and lists its cases:

- `config`: the keys that all cases share; a case's `config` adds to them and replaces them
- `rounding`: "exact" for suites where the last bit decides (see `exact_rounding`)
- `steps`: inference steps, for all cases or one
- `begin`: the index of the first timestep, where the sample is an image noised by `add_noise`
- `custom`: "timesteps" or "sigmas": the schedule's own, handed back to `set_timesteps`
- `set`: further arguments of `set_timesteps`, such as lists of `timesteps` or `sigmas`
- `step`: further arguments of `step`, such as `eta`

A list stands for one case for each of its values (several lists: every combination), so that a value that is a list
itself stands in a list of its own.

    python test/reference/make_scheduler_suites.py [class ...]
"""

import contextlib
import inspect
import itertools
import json
import math
import sys
import warnings
from pathlib import Path

import diffusers
import numpy as np
import torch

from make_schedulers import prediction

warnings.filterwarnings("ignore")
diffusers.logging.set_verbosity_error()
HERE = Path(__file__).resolve().parent
SUITES = HERE / "scheduler_suites"
TARGETS = HERE.parent / "fixtures" / "reference" / "scheduler_suites"
SHAPE = (2, 3, 2, 2)
LISTED = 6


def combinations(options: dict) -> list:
    keys = list(options)
    values = [value if isinstance(value, list) else [value] for value in options.values()]
    return [dict(zip(keys, chosen)) for chosen in itertools.product(*values)]


def expand(suite: dict) -> list:
    cases = []
    for entry in suite["cases"]:
        merged = {"steps": suite["steps"], **entry}
        nested = {key: combinations(merged.pop(key, {})) for key in ("config", "set", "step")}
        cases += combinations({**merged, **nested})
    unique = {json.dumps(case, sort_keys=True): case for case in cases}
    return list(unique.values())


def value_of(value):
    return -math.inf if value == "-inf" else value


def argument(name: str, value):
    # UniPC multiplies the list, which numpy's can and Python's cannot.
    return np.array(value) if name == "sigmas" else value


def randn(seed: int) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator("cpu").manual_seed(seed))


def number(value: float):
    return float(f"{value:.7g}") if math.isfinite(value) else None


def listed(values: list) -> list:
    """The length, and up to six of the values, the first and the last among them."""
    count = min(len(values), LISTED)
    places = [round(i * (len(values) - 1) / max(count - 1, 1) + 1e-9) for i in range(count)]
    return [len(values), *(number(float(values[place])) for place in places)]


def accepted(function, name: str) -> bool:
    return name in inspect.signature(function).parameters


def set_timesteps(make, case: dict):
    scheduler = make()
    options = {key: argument(key, value) for key, value in case["set"].items()}
    if "custom" not in case:
        count = {} if {"timesteps", "sigmas"} & options.keys() else {"num_inference_steps": case["steps"]}
        scheduler.set_timesteps(**count, **options)
        return scheduler
    scheduler.set_timesteps(case["steps"], **options)
    own = getattr(scheduler, case["custom"])
    scheduler = make()
    scheduler.set_timesteps(num_inference_steps=None, **{case["custom"]: own.tolist()}, **options)
    return scheduler


def run(name: str, shared: dict, case: dict, from_first: bool = False) -> dict:
    config = {key: value_of(value) for key, value in {**shared, **case["config"]}.items()}
    scheduler = set_timesteps(lambda: getattr(diffusers, name)(**config), case)
    return trajectory(scheduler, case, str(config.get("variance_type")).startswith("learned"), from_first)


def trajectory(scheduler, case: dict, learned: bool = False, from_first: bool = False) -> dict:
    options = dict(case.get("step", {}))
    if accepted(scheduler.step, "generator"):
        options["generator"] = torch.Generator("cpu").manual_seed(7)
    sample, timesteps = randn(3) * scheduler.init_noise_sigma, scheduler.timesteps
    if from_first:
        scheduler.set_begin_index(0)
    if "begin" in case:
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(case["begin"])
        timesteps = timesteps[case["begin"] :]
        sample = scheduler.add_noise(randn(5), randn(3), timesteps[:1])
    norms = []
    for timestep in timesteps:
        output = prediction(scheduler.scale_model_input(sample, timestep), float(timestep))
        if learned:
            # The model predicts the variance too, in as many channels more.
            output = torch.cat([output, output.flip(1)], dim=1)
        sample = scheduler.step(output, timestep, sample, **options).prev_sample
        norms.append(float(sample.double().norm()))
    values = sample.double().reshape(-1).tolist()
    result = {"timesteps": listed(scheduler.timesteps.tolist()), "init": number(float(scheduler.init_noise_sigma))}
    if getattr(scheduler, "sigmas", None) is not None:
        result["sigmas"] = listed(scheduler.sigmas.tolist())
    return {**result, "norms": listed(norms), "final": [number(value) for value in values[:2] + values[-2:]]}


@contextlib.contextmanager
def exact_rounding():
    """Rounds torch's float32 roots, logarithms and exponentials correctly, as a formula that any machine repeats.

    The MKL library that computes them rounds one in ten the other way, differently from processor to processor. It
    shows where levels of several hundred cancel, and in the Brownian tree, which rounds times to 1e-6: a time on the
    other side has noise that differs by a thousandth.
    """
    names = ("sqrt", "log", "exp", "expm1", "__pow__")
    originals = {name: getattr(torch.Tensor, name) for name in names}

    def rounded(original):
        def function(self, *args):
            if self.dtype != torch.float32 or args not in [(), (0.5,)]:
                return original(self, *args)
            return original(self.double(), *args).float()

        return function

    for name, original in originals.items():
        setattr(torch.Tensor, name, rounded(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(torch.Tensor, name, original)


def record(name: str) -> None:
    suite = json.loads((SUITES / f"{name}.json").read_text())
    rounding = exact_rounding if suite.get("rounding") == "exact" else contextlib.nullcontext
    lines = []
    for case in expand(suite):
        try:
            with rounding():
                try:
                    result = run(name, suite["config"], case)
                except IndexError:
                    # Where the first timestep comes twice, diffusers starts at the second and runs past the last
                    # noise level, unless it is told where to begin.
                    result = run(name, suite["config"], case, from_first=True)
        except Exception as error:
            result = {"raises": f"{type(error).__name__}: {error}"[:120]}
        short = {key: value for key, value in case.items() if value != {}}
        lines.append(json.dumps({**short, **result}))
    shared = json.dumps(suite["config"])
    (TARGETS / f"{name}.json").write_text(f'{{"config": {shared}, "cases": [\n' + ",\n".join(lines) + "\n]}\n")
    print(f"{name}: {len(lines)} cases")


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in SUITES.glob("*.json")):
        record(name)
