# SPDX-License-Identifier: MIT
"""Circuits with a dynamics of their own: balanced network, ring attractor, half-centre oscillator."""
import numpy as np


def balanced(env, t):
    seen = []
    for seed in (1, 2, 3):
        got = t.run(env, "balanced", "irregular", seed)
        if not got:
            return
        cv, together = t.number(got[2], "cv"), t.number(got[2], "together")
        seen.append(cv)
        t.claim(env, "balanced network: asynchronous", abs(together) < 0.03, f"correlation {together:.4f}")
    t.claim(env, "balanced network: irregular", 0.8 < np.mean(seen) < 1.2, f"CV {min(seen):.2f}..{max(seen):.2f}")
    got = t.run(env, "balanced", "linear", 1)
    if got:
        a = got[1]
        r = np.corrcoef(a["current"], a["E"])[0, 1]
        ratio = (a["E"][-1] / a["E"][0]) / (a["current"][-1] / a["current"][0])
        t.claim(env, "its rates follow the external current in proportion", r > 0.98 and 0.8 < ratio < 1.25, f"correlation {r:.4f}, 2.25 times the current: {2.25 * ratio:.2f} times the rate")


def ring(env, t):
    got = t.run(env, "ring", "drift", 1)
    if got:
        time, moved = got[1]["time"], got[1]["moved"]
        first, last = moved[time == 0], moved[time == 4000]
        t.claim(env, "the ring takes up the place of the cue", np.abs(first).max() < 3, f"within {np.abs(first).max():.1f} degrees, {len(first)} cues")
        t.claim(env, "and holds it for 4 s", np.abs(moved).max() < 10, f"moved by at most {np.abs(moved).max():.1f} degrees, r.m.s. {np.sqrt((last ** 2).mean()):.1f} after 4 s")
    got = t.run(env, "ring", "hold", 1)
    if got:
        v = {k: t.number(got[2], k) for k in ("first", "elsewhere", "second", "left")}
        t.claim(env, "a later cue moves the bump", v["first"] > 30 and v["second"] > 30 and v["elsewhere"] < 1 and v["left"] < 1,
                f"{v['first']:.0f} and {v['second']:.0f} Hz at the cues, at the other place {v['elsewhere']:.1f} and {v['left']:.1f} Hz")


def half_centre(env, t):
    got = t.run(env, "halfcentre", "period", 1)
    if got:
        a = got[1]
        t.claim(env, "half-centre: the groups take turns", a["together"].max() < -0.5, f"correlation of their rates {a['together'].min():.2f}..{a['together'].max():.2f}")
        taus = np.unique(a["tau_w"])
        stats = [t.se(a["period"][a["tau_w"] == x]) for x in taus]
        t.claim(env, "the period rises with the time constant of the fatigue", all(n - m > 2 * np.hypot(e, f) for (m, e), (n, f) in zip(stats, stats[1:])),
                ", ".join(f"{x:g} ms {m:.0f} ms" for x, (m, _) in zip(taus, stats)))
        line, at = np.polyfit(taus, [m for m, _ in stats], 1)
        off = np.abs(np.array([m for m, _ in stats]) - np.polyval((line, at), taus)).max()
        t.claim(env, "along a line", off < 0.1 * (stats[-1][0] - stats[0][0]), f"{at:.0f} ms + {line:.2f} tau_w, at most {off:.0f} ms off")
    got = t.run(env, "halfcentre", "turns", 1)
    if got:
        p = t.number(got[2], "period")
        t.claim(env, "at 300 ms it is about a second", 800 < p < 1200, f"{p:.0f} ms")


def check(env, t):
    balanced(env, t)
    ring(env, t)
    half_centre(env, t)
