"""Wrong changes to the scripts, one at a time: do the tests see them?

    python tests/bench/mutants.py                       all of them: an hour or two
    python tests/bench/mutants.py --only lesson9        those of lesson9.py
    python tests/bench/mutants.py --only clipping       those whose meaning has that word

A row of the table: script, the old text (exactly once in it), the new text, what that means, and
where no test can see it why. Run by hand; exit status 1 where fewer than 95 % are seen.
"""

import argparse
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "agg", "PYTHONDONTWRITEBYTECODE": "1"}
sys.dont_write_bytecode = True          # two changes in one second would share it
import pytest  # noqa: E402

for module in ("torch", "torchvision", "matplotlib.pyplot", "sacrebleu", "sklearn"):
    __import__(module)

ROOT = Path(__file__).resolve().parent.parent.parent
OVER_ALL = ("test_copies.py", "test_limits.py", "test_scripts.py", "test_training.py",
            "test_mechanisms.py")       # parametrised by script
LONG = ("test_faults.py", "test_exercises.py", "test_notes.py")     # a minute and more, left out

MUTANTS = [
    # ------------------------------------------------------------------------------ lecture 2
    ("lesson2.py", "ws = [step * k for k in range(steps + 1)]",
     "ws = [step * k for k in range(steps)]", "the last w is left out"),
    ("lesson2.py", "(forward(x, w) - y) ** 2", "abs(forward(x, w) - y)", "absolute errors"),
    ("lesson2.py", "y(4) = {round(prediction, 4)}", "y(4) = {round(forward(4.0, 2.0), 4)}",
     "prints y(4) of w = 2, whatever was found"),
    ("lesson2.py", 'xlabel="w", ylabel="MSE"', 'xlabel="MSE", ylabel="w"', "labels swapped"),
    ("lesson2.py", "largest w to try, > 0 and", "largest w to try, >= 0 and",
     "limit: w_max 0 is let through"),
    ("lesson2_2.py", "row, column = np.unravel_index(cost.argmin(), cost.shape)",
     "column, row = np.unravel_index(cost.argmin(), cost.shape)", "best w and b swapped"),
    ("lesson2_2.py", "np.arange(-b_steps, b_steps + 1)", "np.arange(-b_steps, b_steps)",
     "the last b is left out"),
    ("lesson2_2.py", "above.axhline(0,", "above.axvline(0,", "line of b = 0 upright"),
    ("lesson2_2.py", 'above.plot(result["w"], result["b"], "o"',
     'above.plot(result["b"], result["w"], "o"', "best point swapped in the figure"),
    ("lesson2_2.py", "if pairs > 1_000_000:", "if pairs > 1_000_000_000:",
     "limit: a table that fills the memory is let through"),
    # ------------------------------------------------------------------------------ lecture 3
    ("lesson3.py", "w = w - lr * grad", "w = w + lr * grad", "uphill"),
    ("lesson3.py", 'print(f"w = {w:.7f} | prediction', 'print(f"w = {ws[-2]:.7f} | prediction',
     "prints the w before the last step"),
    ("lesson3.py", "(before training: {before:.1f})", "(before training: {4 * ws[1]:.1f})",
     "prints y(4) after the first step as that before training"),
    ("lesson3.py", "right.plot(range(len(costs)), costs)",
     'right.plot(range(len(result["losses"])), result["losses"])',
     "figure: the cost before each step in place of that after it"),
    ("lesson3.py", 'left.plot(ws[-1], costs[-1], "o"', 'left.plot(ws[-1], costs[0], "o"',
     "figure: the end at the height of the start"),
    ("lesson3_2.py", "return 2 * x * (forward(x, w) - y)", "return 2 * (forward(x, w) - y)",
     "gradient without x"),
    ("lesson3_2.py", "(2 - w = {2 - w:.1e})", "(2 - w = {w - 2:.1e})",
     "prints the distance with the wrong sign"),
    ("lesson3_2.py", "sum(grads) / n)", "sum(grads))",
     "figure: lesson 3's path by summed gradients"),
    ("lesson3_2.py", 'label="full batch: 1 step an epoch"', 'label="SGD: 1 step an epoch"',
     "figure: a wrong label"),
    ("lesson3_2.py", "prediction y(4) = {prediction:.7f}", "prediction y(4) = {8:.7f}",
     "prints 8 as prediction, whatever was learned"),
    ("lesson3_3.py", "order = rng.permutation(len(samples))", "order = np.arange(len(samples))",
     "samples in the same order: no shuffling"),
    ("lesson3_3.py", "range(0, len(samples), batch_size)",
     "range(0, len(samples) - batch_size + 1, batch_size)", "drops the smaller last batch"),
    ("lesson3_3.py", "(abs(paths[:, -1, 1]) > 0.5)", "(paths[:, -1, 1] > 0.5)",
     "counts one of the two valleys"),
    ("lesson3_3.py", "left.plot(np.linspace(0, LINE_EPOCHS, len(w)), w",
     "left.plot(range(len(w)), w", "figure: steps on an axis of epochs"),
    ("lesson3_3.py", "axes.plot([0, 0], [-1, 1], ", "axes.plot([-1, 1], [0, 0], ",
     "figure: minima beside the valleys"),
    # ------------------------------------------------------------------------------ lecture 4
    ("lesson4.py", "            w.grad.zero_()              # backward() adds to what is there\n",
     "", "gradients are never set back to 0"),
    ("lesson4.py", "losses.append(total / len(x_data))", "losses.append(total)",
     "sum of an epoch in place of its mean"),
    ("lesson4.py", "left.plot(ws[k:-1:3], grads[k::3]", "left.plot(ws[k + 1::3], grads[k::3]",
     "figure: gradients at the w after the step"),
    ("lesson4.py", "(wx - y) at x = {x:.0f}", "(wx - y) at x = {y:.0f}",
     "figure: y for x in a label"),
    ("lesson4.py", "y(4) = {prediction:.7f}", "y(4) = {4 * ws[-2]:.7f}",
     "prints the prediction before the last step"),
    ("lesson4_2.py", "db_sum += db", "db_sum += dw", "the gradient of w for b"),
    ("lesson4_2.py", "left.contour(w, b, costs,", "left.contour(b, w, costs,",
     "figure: transposed valley"),
    ("lesson4_2.py", "left.plot(ws, bs, ", "left.plot(bs, ws, ", "figure: the path swapped"),
    ("lesson4_2.py", "| b = {b:.5f} |", "| b = {bs[-2]:.5f} |",
     "prints the b before the last step"),
    ("lesson4_2.py", 'xlabel="epoch", ylabel="cost"', 'xlabel="epoch", ylabel="w"',
     "figure: a wrong label"),
    ("lesson4_3.py", "b = b - lr * db", "b = b - lr * gradient(x, y, w, b)[1]",
     "b by a gradient at the new w"),
    ("lesson4_3.py", "strict=True)], axis=0)", "strict=True)], axis=0) / 3",
     "figure: a third of the cost"),
    ("lesson4_3.py", "right.plot(range(1, len(losses) + 1)", "right.plot(range(len(losses))",
     "figure: epochs counted from 0"),
    ("lesson4_3.py", "end ({ws[-1]:.3f}, {bs[-1]:.3f})", "end ({bs[-1]:.3f}, {ws[-1]:.3f})",
     "figure: label with w and b swapped"),
    ("lesson4_3.py", "(before training: {before:.1f})", "(before training: {prediction:.1f})",
     "prints y(4) after training as that before"),
    ("lesson4_4.py", "return dy_pred * x**2,", "return dy_pred * 2 * x,", "gradient of w1 wrong"),
    ("lesson4_4.py", 'forward(x, *result["weights"])', 'forward(x, *result["weights"][::-1])',
     "figure: weights in the wrong order"),
    ("lesson4_4.py", 'axes.plot(x, 2 * x, "--"', 'axes.plot(x, x**2, "--"', "figure: another line"),
    ("lesson4_4.py", "losses.append(total / len(x_data))", "losses.append(total)",
     "sum of an epoch in place of its mean"),
    ("lesson4_4.py", "y = {w1:.4f} x^2 + {w2:.4f} x", "y = {w2:.4f} x^2 + {w1:.4f} x",
     "prints w1 and w2 swapped"),
    # ------------------------------------------------------------------------------ lecture 5
    ("lesson5.py", 'nn.MSELoss(reduction="sum")', 'nn.MSELoss(reduction="mean")',
     "mean in place of sum"),
    ("lesson5.py", "torch.manual_seed(seed)", "torch.manual_seed(0)", "the seed reaches nothing"),
    ("lesson5.py", 'print(f"w = {w:.4f} | b', 'print(f"w = {lines[0][0]:.4f} | b',
     "prints the initial w as the learned one"),
    ("lesson5.py", 'ylabel="loss (sum)"', 'ylabel="loss (mean)"', "figure: a wrong label"),
    ("lesson5.py", "if not losses[-1] < 1e6:", "if losses[-1] != losses[-1]:",
     "limit: a loss of inf is let through"),
    ("lesson5_2.py", "velocity = momentum * velocity + grad",
     "velocity = momentum * velocity + (1 - momentum) * grad", "momentum as a running mean"),
    ("lesson5_2.py", "-> {curves[name][-1]:.2e}", "-> {min(curves[name]):.2e}",
     "prints the lowest loss as the last one"),
    ("lesson5_2.py", 'settings = {"lr": 0.01}', 'settings = {"lr": 0.001}',
     "other settings are compared at another rate than said"),
    ("lesson5_2.py", "difference = max(difference, abs(w.item() - by_hand))",
     "difference = abs(w.item() - by_hand)", "the last difference in place of the largest"),
    ("lesson5_2.py", '"momentum": [0.0, 0.5, 0.9]', '"momentum": [0.0, 0.5, 0.5]',
     "a setting twice, another not at all"),
    # ------------------------------------------------------------------------------ lecture 6
    ("lesson6.py", "make_clouds(1000, seed + 1)", "make_clouds(1000, seed)",
     "tests on points of the training"),
    ("lesson6.py", "b = b - 0.01 * error.sum()", "b = b - 0.01 * error.mean()",
     "b by the mean, w by the sum"),
    ("lesson6.py", "half = (-b / w).item()", "half = (b / w).item()", "p = 0.5 at the wrong sign"),
    ("lesson6.py", '| loss {losses[-1]:.4f} | "\n', '| loss {losses[0]:.4f} | "\n',
     "prints the first loss as the last one"),
    ("lesson6.py", "test accuracy {accuracy:.1%}",
     "test accuracy {((x @ w > 0) == (y[:, 0] == 1)).float().mean():.1%}",
     "prints the training accuracy as that of the test"),
    ("lesson6_1.py", "(np.logaddexp(0, z).sum() - y @ z) / len(z)",
     "np.logaddexp(0, z).sum() - y @ z",
     "sum in place of the mean"),
    ("lesson6_1.py", "return np.exp(-np.logaddexp(0, -z))", "return 1 / (1 + np.exp(-z))",
     "overflows for large negative scores"),
    ("lesson6_1.py", "return (sigmoid(x @ w) - y) @ x / len(x)", "return (sigmoid(x @ w) - y) @ x",
     "gradient summed, not averaged"),
    ("lesson6_1.py", "plane.contour(x1, x2, z, levels=[0]", "plane.contour(x1, x2, z, levels=[0.5]",
     "figure: the line of z = 0.5"),
    ("lesson6_1.py", "z = w0 + w1 * x1 + w2 * x2  ", "z = w0 + w2 * x1 + w1 * x2  ",
     "figure: w1 and w2 swapped"),
    # ------------------------------------------------------------------------------ lecture 7
    ("lesson7.py", "max(p, 1 - p)", "p", "baseline wrong where class 0 is the larger"),
    ("lesson7.py", "torch.manual_seed(seed)", "torch.manual_seed(0)", "the seed reaches nothing"),
    ("lesson7.py", "lr=lr, momentum=momentum)", "lr=lr, momentum=0.9)", "momentum reaches nothing"),
    ("lesson7.py", '"8-6-4-1, sigmoid": result["losses"], "constant answer": constant',
     '"8-6-4-1, sigmoid": constant, "constant answer": result["losses"]', "figure: curves swapped"),
    ("lesson7.py", "result = accuracy(y_pred, y) ", "result = accuracy(model(x), y) ",
     "accuracy of other weights than the loss"),
    ("lesson7_2.py", "torch.manual_seed(seed)\n        curves",
     "torch.manual_seed(seed + len(curves))\n        curves", "compared nets from different seeds"),
    ("lesson7_2.py", "best = min(curves, key", "best = max(curves, key", "the worst as the best"),
    ("lesson7_2.py", "accuracy {accuracies[best]:.1%}", "accuracy {max(accuracies.values()):.1%}",
     "prints the best accuracy as that of the lowest loss"),
    ("lesson7_2.py", "if model(x).max() == 0:", "if model(x).min() == 0:",
     "counts nets of which one output is 0"),
    ("lesson7_2.py", "all outputs 0: {all_zero}", "all outputs 0: {10 - len(errors)}",
     "prints the others as nets of zeros"),
    # ------------------------------------------------------------------------------ lecture 8
    ("lesson8.py", "shuffle=True, generator=generator,",
     "shuffle=True, drop_last=True, generator=generator,", "drops the smaller last batch"),
    ("lesson8.py",
     "total += finite(loss) * len(x)   # the last batch is smaller: weigh by samples\n"
     "        losses.append(total / len(train_set))",
     "total += finite(loss)\n        losses.append(total / len(train_loader))",
     "mean of the batches' means"),
    ("lesson8.py", "    model.eval()  ", "    model.train()  ", "eval missing"),
    ("lesson8.py", "            optimizer.zero_grad()\n", "", "zero_grad missing"),
    ("lesson8.py", "indexing {1000 * (finished - middle):.1f}",
     "indexing {1000 * (finished - started):.1f}", "prints both times as that of indexing"),
    ("lesson8_2.py", "median = x_train.nanquantile(", "median = x.nanquantile(",
     "medians of the part that is filled, not of the training part"),
    ("lesson8_2.py", "(model(prepare(part, x[kept])).detach()", "(model(prepare(part, x)).detach()",
     "the held-out part has a say in the scaling"),
    ("lesson8_2.py", "batch_size, shuffle=True)", "batch_size, shuffle=False)", "no shuffling"),
    ("lesson8_2.py", "x[:, :1] == 1, p > 1", "x[:, :1] == 0, p > 1",
     "men only, printed as women only"),
    ("lesson8_2.py", 'row["Sex"] == "female",', 'row["Sex"] == "male",',
     "men as women in Kaggle's file"),
    # ------------------------------------------------------------------------------ lecture 9
    ("lesson9.py", "        for batch in torch.randperm(len(x_train), device=device).split",
     "        torch.manual_seed(seed)\n"
     "        for batch in torch.randperm(len(x_train), device=device).split",
     "the same random order in every epoch"),
    ("lesson9.py", "scores.softmax(dim=1)", "scores.softmax(dim=0)", "softmax over the images"),
    ("lesson9.py", "return self.l5(x) ", "return self.l5(x).softmax(dim=1) ", "softmax twice"),
    ("lesson9.py", "test accuracy {result:.2%} | {time",
     "test accuracy {accuracies[-1]:.2%} | {time",
     "prints the validation accuracy as that of the test"),
    ("lesson9.py", 'f"{y}, read as {y_pred}\\n', 'f"{y_pred}, read as {y}\\n',
     "figure: titles swapped"),
    ("lesson9_2.py", "z.exp().sum(dim=1, keepdim=True)", "z.exp().sum(dim=0, keepdim=True)",
     "softmax over the samples"),
    ("lesson9_2.py", "torch.stack([torch.zeros_like(z), z], dim=1)  ",
     "torch.stack([z, torch.zeros_like(z)], dim=1)  ", "the two classes swapped"),
    ("lesson9_2.py", "mean {result[name][0]:.4f}", "mean {result[name][3]:.4f}",
     "figure: another loss in the label"),
    ("lesson9_2.py", "CrossEntropy([0, z], {label})", "CrossEntropy([0, z], {1 - label})",
     "figure: labels swapped"),
    ("lesson9_2.py", "cross_entropy(p, y)\n", "cross_entropy(z, y)\n",
     "the column of the mistake shows the right loss"),
    ("lesson9_3.py", "kept[torch.randperm(len(kept))].split", "kept.split",
     "the same order in every epoch"),
    ("lesson9_3.py", " + SHARES.log().repeat_interleave(KINDS)", "",
     "Bayes without the classes' shares"),
    ("lesson9_3.py", "write_answer(ids, model(x_new).softmax(dim=1).detach())",
     "write_answer(ids, model(x_new).detach())", "raw scores in the place of probabilities"),
    ("lesson9_3.py", "        part.write_text(", "        path.write_text(",
     "writes in place: a half-written file may stay"),
    ("lesson9_3.py", "[value] * epochs for name", "[min(result.values())] * epochs for name",
     "figure: lines at another height"),
    # ------------------------------------------------------------------------------ lecture 10
    ("lesson10.py", "torch.randperm(len(x_train), device=device).split",
     "torch.arange(len(x_train), device=device).split", "no shuffling"),
    ("lesson10.py", "x_train[split:], y_train[split:]", "x_train[:5000], y_train[:5000]",
     "validates on training digits"),
    ("lesson10.py", "test accuracy {result:.2%} | {time",
     "test accuracy {accuracies[-1]:.2%} | {time",
     "prints the validation accuracy as that of the test"),
    ("lesson10.py", "model.conv1(x_test[:1])[0].relu()", "model.conv1(x_test[:1])[0]",
     "figure: maps before the ReLU"),
    ("lesson10.py", "weight_decay=5e-4", "weight_decay=5e-3", "another weight decay"),
    ("lesson10_2.py", "        torch.manual_seed(seed)     # the same batches for both nets\n", "",
     "compared nets on different batches"),
    ("lesson10_2.py", "x = F.relu(self.fc2(x))", "x = self.fc2(x)", "a ReLU missing"),
    ("lesson10_2.py", "& (y_other != y)", "& (y_other == y)",
     "figure: digits that both nets read right"),
    ("lesson10_2.py",
     "total += finite(loss) * len(batch)\n            losses[name].append(total / len(x_train))",
     "total += finite(loss)\n            losses[name].append(total / (steps / epochs))",
     "mean of the batches' means"),
    ("lesson10_2.py", '"accuracy": accuracies["deeper"],', '"accuracy": accuracies["lesson 10"],',
     "returns the other net's accuracy"),
    ("lesson10_3.py", "round(14 - row)", "round(12 - row)", "centred two pixels too high"),
    ("lesson10_3.py", "if first < SURE:", "if first > SURE:", "sure and not sure swapped"),
    ("lesson10_3.py", "read_made(nets, x_test, y_test,", "read_made(nets, x_train, y_train,",
     "training digits as the test"),
    ("lesson10_3.py", "{right['moved']} of {len(photos)}", "{max(right.values())} of {len(photos)}",
     "prints the better net's count"),
    ("lesson10_3.py", "math.radians(degrees) * chance[0]", "degrees * chance[0]",
     "degrees taken for radians"),
    # ------------------------------------------------------------------------------ lecture 11
    ("lesson11.py", "nn.Conv2d(16, 24, kernel_size=5, padding=2)",
     "nn.Conv2d(16, 24, kernel_size=3, padding=1)", "another kernel that keeps the shapes"),
    ("lesson11.py", "self.branch5x5_2(self.branch5x5_1(x))",
     "self.branch5x5_2(F.relu(self.branch5x5_1(x)))", "a ReLU inside, which the lecture has not"),
    ("lesson11.py", "min((step + 1) / climb, 1 - step / steps)", "min((step + 1) / climb, 1)",
     "the rate never falls"),
    ("lesson11.py", "torch.randperm(len(x_train), device=device)\n",
     "torch.arange(len(x_train), device=device)\n", "no shuffling"),
    ("lesson11.py", "test accuracy {result:.2%} | {time",
     "test accuracy {accuracies[-1]:.2%} | {time",
     "prints the validation accuracy as that of the test"),
    ("lesson11_2.py", "return F.relu(self.conv2(F.relu(self.conv1(x))))",
     "return F.relu(x + self.conv2(F.relu(self.conv1(x))))",
     "the block without a shortcut has one"),
    ("lesson11_2.py",
     "    torch.manual_seed(seed)             # the same weights for both kinds of block\n", "",
     "compared nets from different seeds"),
    ("lesson11_2.py", '"gradients": {"with shortcut": shortcut, "without": plain}',
     '"gradients": {"with shortcut": plain, "without": shortcut}', "figure: curves swapped"),
    ("lesson11_2.py", "without shortcut {plain[n - 1]:.0e}", "without shortcut {plain[0]:.0e}",
     "prints the gradient of one block in every line"),
    ("lesson11_2.py", 'set_yscale("log")', 'set_yscale("linear")',
     "figure: small gradients all look 0"),
    ("lesson11_3.py", "return F.relu(0.5 * x + 0.5 * y)", "return F.relu(x + 0.5 * y)",
     "the shortcut is not scaled"),
    ("lesson11_3.py", "return F.relu(self.shortcut(x) + y)", "return F.relu(x + self.shortcut(y))",
     "the 1x1 convolution stands in the other branch"),
    ("lesson11_3.py", 'right.bar(name, result["accuracies"][name])',
     'right.bar(name, result["losses"][name][-1])', "figure: losses as accuracies"),
    ("lesson11_3.py", "accuracy(model, x_test, y_test)", "accuracy(model, x_train, y_train)",
     "training digits as the test"),
    ("lesson11_3.py", "        optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9",
     "        optimizer = torch.optim.SGD(model.fc.parameters(), lr=lr, momentum=0.9",
     "trains the last layer alone"),
    ("lesson11_4.py", "super().__init__(nn.BatchNorm2d(channels), nn.ReLU(),",
     "super().__init__(nn.ReLU(), nn.BatchNorm2d(channels),", "batch norm after the ReLU"),
    ("lesson11_4.py", "x = torch.cat([x, layer(x)], dim=1)", "x = torch.cat([layer(x), x], dim=1)",
     "the new channels in front"),
    ("lesson11_4.py", ".mean(dim=(2, 3))", ".amax(dim=(2, 3))", "maxima in place of means"),
    ("lesson11_4.py", "{parameters[name]:,} parameters | test accuracy {accuracies[name]:.2%}",
     "{parameters[name]:,} parameters | test accuracy {accuracies['DenseNet']:.2%}",
     "prints the DenseNet's accuracy for every net"),
    ("lesson11_4.py", "self.block2(F.avg_pool2d(x, 2))", "self.block2(F.max_pool2d(x, 2))",
     "maxima in place of means between the blocks"),
    ("lesson11_5.py", "* shift / 14 ", "* shift / 28 ", "shifts by half as many pixels"),
    ("lesson11_5.py", "            scheduler.step()\n", "        scheduler.step()\n",
     "scheduler stepped once an epoch"),
    ("lesson11_5.py", "return F.relu(x + self.norm2(self.conv2(y)))",
     "return x + F.relu(self.norm2(self.conv2(y)))", "adds after the activation"),
    ("lesson11_5.py", '100 * mean(row, "test")', '100 * mean(row, "validation")',
     "figure: validation accuracy as that of the test"),
    ("lesson11_5.py", 'weight_decay=settings["weight_decay"]', "weight_decay=0.0",
     "weight decay reaches nothing"),
    ("lesson11_6.py", "rank=RANK, seed=seed)", "rank=RANK)", "the seed does not reach the order"),
    ("lesson11_6.py", "x, y = x[RANK::WORLD], y[RANK::WORLD]", "x, y = x[::WORLD], y[::WORLD]",
     "every process reads the same share"),
    ("lesson11_6.py", "if batch_size % WORLD:", "if batch_size < WORLD:",
     "limit: unequal parts are let through"),
    ("lesson11_6.py", "steps.median(dim=0).values", "steps.mean(dim=0)",
     "means of times, which one slow step spoils"),
    ("lesson11_6.py", 'enumerate(("forward", "backward",', 'enumerate(("backward", "forward",',
     "figure: labels swapped"),
    # ------------------------------------------------------------------------------ lecture 12
    ("lesson12.py", "hidden = model(x_t, hidden)", "hidden = model(x_t, hidden.detach())",
     "no gradient through time"),
    ("lesson12.py", "loss = loss + criterion(hidden, y_t) ", "loss = criterion(hidden, y_t) ",
     "the loss of the last step alone"),
    ("lesson12.py", "zip(string, ANSWER, strict=True)", "zip(string, QUESTION, strict=True)",
     "answers compared with the question"),
    ("lesson12.py", "weight_decay=0.2, seed=0", "weight_decay=0.02, seed=0", "another default"),
    ("lesson12.py", "            string += LETTERS[hidden.argmax",
     "            string += LETTERS[hidden.argmin", "the least likely letter"),
    ("lesson12_2.py", "num_layers=num_layers)\n", 'num_layers=num_layers, nonlinearity="relu")\n',
     "ReLU in place of tanh"),
    ("lesson12_2.py", "FLOOR = math.log(1 + 3 * math.exp(-2))",
     "FLOOR = 5 * math.log(1 + 3 * math.exp(-2))", "the sum's floor for a mean"),
    ("lesson12_2.py", 'print(f"predicted {strings[-1]}', 'print(f"predicted {ANSWER}',
     "prints the answer as predicted"),
    ("lesson12_2.py", "loss, mean over 5 steps", "loss, summed over 5 steps",
     "figure: a wrong label"),
    ("lesson12_2.py", "self.rnn(x, hidden)  ", "self.rnn(x.flip(0), hidden)  ",
     "reads the word backwards"),
    ("lesson12_3.py", '"lstm": nn.LSTM', '"lstm": nn.GRU', "a GRU under the name of the LSTM"),
    ("lesson12_3.py", "model = Model(rnn=CELLS[cell])", "model = Model()", "cell reaches nothing"),
    ("lesson12_3.py", "TANH_FLOOR = math.log(1 + 3 * math.exp(-2))",
     "TANH_FLOOR = math.log(1 + 3 * math.exp(-1))", "figure: a wrong floor"),
    ("lesson12_3.py", "loss {losses[-1]:.4f} (no floor)", "loss {min(losses):.4f} (no floor)",
     "prints the lowest loss as the last one"),
    ("lesson12_3.py", "losses.append(finite(loss))\n", "losses.append(finite(loss) * 5)\n",
     "sum in place of the mean"),
    ("lesson12_4.py", "return (1 - z) * n + z * h", "return z * n + (1 - z) * h",
     "update gate inverted"),
    ("lesson12_4.py", "clip_grad_norm_(model.parameters(), limit)",
     "clip_grad_norm_(model.parameters(), math.inf)", "clipping does nothing"),
    ("lesson12_4.py",
     "        torch.manual_seed(seed)         # the same weights and the same sequences "
     "for both\n", "", "compared nets from different seeds"),
    ("lesson12_4.py", "gru.bias_ih[32:64] += 3", "gru.bias_ih[0:32] += 3", "opens the reset gate"),
    ("lesson12_4.py", "model(x_test)[:, -1].round()", "model(x_test)[:, -1].floor()",
     "counts rounded down"),
    ("lesson12_5.py", "validation += pairs[144:180]", "validation += pairs[100:136]",
     "validates on training sentences"),
    ("lesson12_5.py", "validated[label].append(accuracy(model, x_val, y_val))",
     "validated[label].append(accuracy(model, x_test, y_test))",
     "test sentences in place of the validation sentences"),
    ("lesson12_5.py", "axhline(1 / len(ANSWERS)", "axhline(1 / 2",
     "figure: chance at another height"),
    ("lesson12_5.py", "random.Random(seed)", "random.Random(0)",
     "the seed does not reach the sentences"),
    ("lesson12_5.py", '("bidirectional, 1 layer", 1, True)', '("bidirectional, 1 layer", 3, True)',
     "three layers under the name of one"),
    # ------------------------------------------------------------------------------ lecture 13
    ("lesson13.py", "torch.cat([h[-2], h[-1]], dim=1)", "torch.cat([h[0], h[1]], dim=1)",
     "the states of the lower layer"),
    ("lesson13.py", "    model.eval()\n", "", "eval missing: dropout in the answers"),
    ("lesson13.py",
     "            scheduler.step()\n            total += finite(loss) * len(batch)\n",
     "            total += finite(loss) * len(batch)\n        scheduler.step()\n",
     "scheduler stepped once an epoch"),
    ("lesson13.py", "train_pairs = [pair for pair in train_pairs if pair[0] not in held_out]\n",
     "train_pairs = list(train_pairs)\n", "trains on the names that are held out"),
    ("lesson13.py", "losses.append(total / len(x_train))",
     "losses.append(total / len(x_train) / 2)", "half of the loss"),
    ("lesson13_2.py", "(logits[0, -1] / temperature)", "(logits[0, -1] * temperature)",
     "temperature the wrong way"),
    ("lesson13_2.py",
     "        logits[0, -1, 0] = -math.inf                    # never writes UNKNOWN\n", "",
     "may write UNKNOWN"),
    ("lesson13_2.py", "x[first:second], x[second:]", "x[:second - first], x[second:]",
     "validates on the training part"),
    ("lesson13_2.py", "pair.sum(dim=1, keepdim=True)", "pair.sum(dim=0, keepdim=True)",
     "bigrams over the wrong axis"),
    ("lesson13_2.py", "for t in (temperature / 2, temperature):",
     "for t in (temperature, temperature):", "both samples at one temperature"),
    ("lesson13_3.py", "encode(map(tag, train), TAGS, IGNORE)", "encode(map(tag, train), TAGS)",
     "padding is learned as B"),
    ("lesson13_3.py", "sum(chapters[:-3], [])", "sum(chapters[:-2], [])",
     "trains on the validation chapter as well"),
    ("lesson13_3.py", "for k in torch.randperm(len(batches)).tolist():",
     "for k in range(len(batches)):", "no shuffling"),
    ("lesson13_3.py", "max(n for n in range(1, len(line) + 1)",
     "min(n for n in range(1, len(line) + 1)", "the shortest match"),
    ("lesson13_3.py", ".log_softmax(dim=2)", ".log_softmax(dim=1)", "softmax over the letters"),
    ("lesson13_4.py", "torch.cat([torch.full_like(y[:, :1], BOS), y[:, :-1]], dim=1)  ", "y  ",
     "the decoder reads the word it is to write"),
    ("lesson13_4.py", "torch.cat([last[0], last[1]], dim=1)",
     "torch.cat([last[1], last[1]], dim=1)", "nothing of the direction from the left"),
    ("lesson13_4.py", "lengths = (x != self.pad).sum(dim=1).cpu() ",
     "lengths = torch.full((len(x),), x.shape[1]) ", "padding reaches the state"),
    ("lesson13_4.py", 'print(f"test BLEU {one:.1f}, two in a row {two:.1f}")',
     'print(f"test BLEU {two:.1f}, two in a row {one:.1f}")', "prints the scores swapped"),
    ("lesson13_4.py", "least <= len(german[i]) <= least + 1]",
     "least < len(german[i]) <= least + 1]", "odd lengths are left out"),
    ("lesson13_5.py", "masked_fill(~mask, -torch.inf)", "masked_fill(mask, -torch.inf)",
     "mask inverted"),
    ("lesson13_5.py", "            nn.utils.clip_grad_norm_(model.parameters(), 1.0)\n", "",
     "clipping is not called"),
    ("lesson13_5.py",
     "        torch.manual_seed(seed)         # the same initial weights and the same "
     "batches for both\n", "", "compared nets from different seeds, on different batches"),
    ("lesson13_5.py", "argmax(dim=1) if y is None else y[:, t]", "argmax(dim=1)",
     "reads its own words in training"),
    ("lesson13_5.py", "weights[0, :, :len(shown) + 1]", "weights[1, :, :len(shown) + 1]",
     "figure: another sentence's weights"),
    ("lesson13_6.py",
     'torch.save(saved, f"{path}.part")\n        Path(f"{path}.part").replace(path)',
     "torch.save(saved, path)", "writes in place: a half-written file may stay"),
    ("lesson13_6.py", "(ours & theirs).total()",
     "sum(count for gram, count in ours.items() if gram in theirs)", "BLEU without clipped counts"),
    ("lesson13_6.py", "for k in torch.randperm(len(batches)).tolist():",
     "for k in range(len(batches)):", "batches from short to long"),
    ("lesson13_6.py", "total / sum(len(pair[1].split()) + 1 for pair in pairs)",
     "total / sum(len(pair[1].split()) for pair in pairs)", "the <eos> is not counted"),
    ("lesson13_6.py", "(x == EOS).unsqueeze(1), 0)", "(x == PAD).unsqueeze(1), 0)",
     "an unknown word may become <eos>'s"),
    ("lesson13_7.py", "    model.eval()\n", "", "eval missing: dropout in the answers"),
    ("lesson13_7.py", "torch.randperm(len(x)).split", "torch.arange(len(x)).split", "no shuffling"),
    ("lesson13_7.py", "(steps <= 1).float()", "(steps <= 2).float()",
     "limit: two grades off counts as near"),
    ("lesson13_7.py", 'torch.bincount(5 * result["y_test"] + result["y_pred"][name]',
     'torch.bincount(result["y_test"] + 5 * result["y_pred"][name]',
     "figure: transposed confusion"),
    ("lesson13_7.py", "torch.manual_seed(seed)", "torch.manual_seed(0)",
     "the seed reaches nothing"),
    # ------------------------------------------------------------------------------ what is shared
    ("utils.py", "MEAN, STD = 0.1307, 0.3081", "MEAN, STD = 0.3081, 0.1307",
     "mean and deviation swapped"),
    ("utils.py", '"<": operator.lt', '"<": operator.le', "limit: momentum 1 is let through"),
    ("utils.py", "if len(curve) < 30 else", "if len(curve) < 1 else",
     "figure: a single epoch does not show"),
    ("utils.py", 'DATA = Path(__file__).resolve().parent.parent / "data"',
     'DATA = Path("data").resolve()', "path relative to the working directory (data)"),
    ("utils.py", ' and "OMP_NUM_THREADS" not in os.environ', "",
     "the environment's number of threads is ignored"),
    ("float32.py", "exponent - 127}", "exponent - 128}", "a wrong bias of the exponent"),
    ("float32.py", "int(bits[1:9], 2), bits[9:]", "int(bits[:8], 2), bits[9:]",
     "exponent from the wrong bits"),
    ("float32.py", "math.copysign(math.inf, number)", "math.inf", "-1e39 becomes +infinity"),
    ("float32.py", "f\"{field['sign']}{field['exponent']:08b}{field['mantissa']}\"",
     "f\"{field['exponent']:08b}{field['sign']}{field['mantissa']}\"",
     "figure: sign behind the exponent"),
    ("float32.py", '8 * ["#bfe3b4"] + 23 * ["#b9d3f0"]', '23 * ["#bfe3b4"] + 8 * ["#b9d3f0"]',
     "figure: colours of the fields swapped"),
    ("image2tensor.py", "image = ImageOps.exif_transpose(file) ", "image = file.copy() ",
     "photos lie on their side"),
    ("image2tensor.py", 'Image.new("RGBA", image.size, "white")',
     'Image.new("RGBA", image.size, "black")', "what is transparent is black"),
    ("image2tensor.py", "(torch.arange(257) - 0.5) / 255)", "torch.arange(257) / 255)",
     "figure: bars half a byte off"),
    ("image2tensor.py", "pixels.mean().item(), pixels.std().item()",
     "pixels[0].mean().item(), pixels[0].std().item()", "mean of one digit, not of all"),
    ("image2tensor.py", "file.width * file.height > PIXELS", "file.width > PIXELS",
     "limit: huge pictures are unpacked"),
    ("make.py", "low, high = x.min(axis=0), x.max(axis=0)", "low, high = x.min(), x.max()",
     "one scale for all columns"),
    ("make.py", "    beside.write_bytes(content)\n    os.replace(beside, path)\n",
     "    path.write_bytes(content)\n", "writes in place: a half-written file may stay"),
    ("make.py", 'struct.pack(">4i", 2051,', 'struct.pack("<4i", 2051,',
     "sizes in the wrong byte order"),
    ("make.py", '("test", "t10k")):\n            images', '("train", "t10k")):\n            images',
     "training digits as the test file"),
    ("make.py", 'hexdigest() != MD5[f"{part}-{kind}"]', 'hexdigest() == ""',
     "another file than the official one is taken"),
    ("download.py", "                if content.tell() > LARGEST:\n",
     "                if content.tell() > LARGEST * LARGEST:\n",
     "limit: an endless download goes on"),
    ("download.py", "if len(lines) != count:", "if len(lines) > count:",
     "limit: files with lines missing are taken"),
    ("download.py", "                if time.monotonic() > started + patience:\n",
     "                if False:\n", "limit: a slow trickle goes on"),
    ("download.py", "(OSError, ValueError, http.client.HTTPException)",
     "(ValueError, http.client.HTTPException)", "no network: a traceback"),
    ("download.py", " or len(texts) != 19:", ":", "an archive without the pairs is taken"),
]


def lecture(name):
    number = re.match(r"lesson(\d+)", name)
    return f"lecture {number[1]}" if number else name


def place(name):
    return ("data/" if name in ("make.py", "download.py") else "liuer/") + name


def stale_rows(rows):
    """Rows whose old text does not stand exactly once in the file, or changes nothing."""
    for name, old, new, meaning, *_ in rows:
        path = ROOT / place(name)
        count = path.read_text(encoding="utf-8").count(old) if path.exists() else 0
        if count != 1 or old == new:
            yield f"stale: {name} | {meaning} | the old text stands there {count} times: {old!r}"


def tests_of(name):
    """Arguments of pytest, twice: the test files that import the script (every file imports utils:
    its own two); of those that go over all scripts what has the script's name."""
    own = [path.name for path in sorted((ROOT / "tests").glob("test_*.py"))
           if re.search(rf"^(import|from) {name[:-3]}\b", path.read_text("utf-8"), re.MULTILINE)]
    if name == "utils.py":
        own = ["test_utils.py", "test_start.py"]
    own = [f"tests/{file}" for file in own if file not in OVER_ALL + LONG]
    over_all = [f"tests/{file}" for file in OVER_ALL if (ROOT / "tests" / file).exists()]
    return own, ["-k", name, *over_all]


def run_pytest(folder, arguments):
    """In a forked process: what the tests import is there already, most of their time is saved."""
    os.setsid()
    os.chdir(folder)
    log = os.open("pytest.log", os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    status = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "--tb=no", *arguments])
    sys.stdout.flush()
    os._exit(status)


def run_tests(folder, *arguments, timeout=1800):
    """The tests that fail."""
    process = multiprocessing.get_context("fork").Process(target=run_pytest,
                                                          args=(folder, arguments))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)      # lessons that a test has started as well
        process.join()
        return ["the time is up"]
    out = (folder / "pytest.log").read_text(encoding="utf-8")
    failed = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", out, re.MULTILINE)
    return failed if process.exitcode in (0, 1, 2, 5) else [f"exit status {process.exitcode}"]


def try_script(name, rows):
    """Each of a script's changes in a copy of the tree; yield (row, the tests that fail)."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        for part in ("liuer", "data", "tests", "images"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns(
                "__pycache__", "MNIST", "run", "*.pt"))
        for file in ("pyproject.toml", "README.md", "requirements.txt"):
            shutil.copy(ROOT / file, folder / file)
        groups, began = [], time.perf_counter()
        for arguments in tests_of(name):
            failing = run_tests(folder, *arguments)     # unchanged: these do not count
            arguments = [argument for argument in arguments if argument not in failing]
            groups.append(["-x", *arguments, *(f"--deselect={test}" for test in failing)])
            print(f"{name}: {' '.join(arguments)}; fails anyway: {failing}", flush=True)
        timeout = 60 + 4 * (time.perf_counter() - began)
        path = folder / place(name)
        text = path.read_text(encoding="utf-8")
        for row in rows:
            path.write_text(text.replace(row[1], row[2]), encoding="utf-8")
            failed = run_tests(folder, *groups[0], timeout=timeout)
            yield row, failed or run_tests(folder, *groups[1], timeout=timeout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="a script (lesson9) or words of a meaning")
    parser.add_argument("--jobs", type=int, default=1, help="scripts at once")
    arguments = parser.parse_args()
    stale = list(stale_rows(MUTANTS))
    print(f"{len(MUTANTS)} changes of {len({row[0] for row in MUTANTS})} scripts", *stale, sep="\n")
    wanted = {}
    for row in MUTANTS:
        if re.search(rf"\b{re.escape(arguments.only)}\b", f"{row[0]}: {row[3]}"):
            wanted.setdefault(row[0], []).append(row)

    def run(name):
        results = []
        for (_, _, _, meaning, *reason), failed in try_script(name, wanted[name]):
            said = (failed + reason + ["no reason given"])[0]
            print(f"{'seen' if failed else 'NOT SEEN':8} | {name} | {meaning} | {said}", flush=True)
            results.append((bool(failed), bool(failed or reason)))
        return results

    with ThreadPoolExecutor(arguments.jobs) as pool:
        by_script = dict(zip(wanted, pool.map(run, wanted), strict=True))
    by_lecture = {}
    for name, results in by_script.items():
        by_lecture.setdefault(lecture(name), []).extend(results)
    by_lecture["all"] = sum(by_script.values(), [])
    for title, results in by_lecture.items():
        seen = sum(test for test, _ in results)
        share = seen / max(1, len(results))
        print(f"{title:15} | {seen:3} of {len(results):3} seen | {share:6.1%}")
    enough = share >= 0.95          # of the last line: of all
    sys.exit(0 if enough and not stale and all(told for _, told in results) else 1)


if __name__ == "__main__":
    main()
