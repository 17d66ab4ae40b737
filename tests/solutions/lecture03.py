"""Solutions of lecture 3, and changes to them that readers make: each must be seen."""


def gradient(xs, ys, w):
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total += 2 * x * (w * x - y)
    return total / len(xs)


def epoch_of_sgd(xs, ys, w, lr):
    ws = []
    for x, y in zip(xs, ys, strict=True):
        w = w - lr * 2 * x * (w * x - y)
        ws.append(w)
    return ws


def epoch_of_batches(xs, ys, w, lr, batch_size):
    ws = []
    for start in range(0, len(xs), batch_size):
        batch_x, batch_y = xs[start:start + batch_size], ys[start:start + batch_size]
        total = 0.0
        for x, y in zip(batch_x, batch_y, strict=True):
            total += 2 * x * (w * x - y)
        w = w - lr * total / len(batch_x)
        ws.append(w)
    return ws


def descend(slope_at, w, lr, beta, steps):
    v, ws = 0.0, []
    for _ in range(steps):
        v = beta * v + slope_at(w)
        w = w - lr * v
        ws.append(w)
    return ws


def lr_of_one_step(xs):
    return len(xs) / (2 * sum(x * x for x in xs))


MISTAKES = {
    "3-1": [("total / len(xs)", "total"), ("2 * x", "x"), ("2 * x *", "2 *"),
            ("    return total / len(xs)", "        return total / len(xs)")],
    "3-2": [("        w = w - lr * 2 * x * (w * x - y)\n        ws.append(w)\n",
             "        ws.append(w - lr * 2 * x * (w * x - y))\n"),
            ("w = w - lr * 2 * x * (w * x - y)", "w = w - lr * 2 * x * (w * x - y) / len(xs)"),
            ("    return ws", "    return w")],
    "3-3": [("len(batch_x)\n", "batch_size\n"), (" / len(batch_x)\n", "\n"),
            ("len(batch_x)\n", "len(xs)\n"), ("len(xs), batch", "len(xs) - batch_size + 1, batch")],
    "3-4": [("        v = beta * v", "        v = 0.0\n        v = beta * v"),
            ("beta * v + slope", "beta * v + (1 - beta) * slope"), ("w - lr * v", "w + lr * v"),
            ("        v = beta * v + slope_at(w)\n        w = w - lr * v\n",
             "        w = w - lr * v\n        v = beta * v + slope_at(w)\n")],
    "3-5": [("len(xs) / ", "1 / "), ("(2 * sum", "(sum"), ("x * x for", "x for")],
}
