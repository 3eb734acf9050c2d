# SPDX-License-Identifier: MIT
"""The networks compared with Brian2: example file, options, neurons, seconds simulated, ms left out, populations, runs."""
CASES = {
    "cuba": {"file": "examples/cuba/cuba.snn", "n": 4000, "seconds": 3.0, "start": 500.0},
    "coba": {"file": "examples/coba/coba.snn", "n": 4000, "seconds": 4.0, "start": 500.0},
    "cobahh": {"file": "examples/cobahh/cobahh.snn", "n": 4000, "seconds": 3.0, "start": 500.0, "runs": 30},
    "brunel": {"file": "examples/brunel/brunel.snn", "n": 12500, "seconds": 1.0, "start": 200.0},
}
# Equivalence margins: of the rate relative to Brian2's mean, of CV and correlation absolute. Chosen before the comparison was made.
MARGINS = {"rate": 0.1, "cv": 0.1, "corr": 0.002}
RUNS = 10                        # where a case does not say; the rate of COBAHH varies much from one realisation to the next
