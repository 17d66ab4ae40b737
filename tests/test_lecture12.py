"""Lecture 12: hello -> ohlol, vanishing and exploding gradients, bidirectional and deep RNN."""

import math
import random
import re
from collections import Counter

import pytest
import torch
from torch import nn

import lesson12
import lesson12_2
import lesson12_3
import lesson12_4
import lesson12_5

ORDER = [3, 1, 2, 3, 2]                                     # o h l o l
CELLS = {"RNN": lesson12_4.rnn_cell, "LSTM": lesson12_4.lstm_cell, "GRU": lesson12_4.gru_cell}
N, T, E, H = 5, 7, 3, 4


def attainable(value):
    """Logits (T, V) that tanh could just reach: value at the right letter, -value elsewhere."""
    logits = torch.full((5, 4), -value, dtype=torch.float64)
    logits[range(5), ORDER] = value
    return logits


def quiet(main, capsys, **settings):
    result = main(**settings)
    capsys.readouterr()
    return result


def parameters(model):
    return sum(p.numel() for p in model.parameters())


# ------------------------------------------------------------------------------ hello -> ohlol
def test_the_floors_are_the_losses_of_the_best_attainable_logits():
    best = nn.functional.cross_entropy(attainable(1.0), torch.tensor(ORDER), reduction="none")
    assert best.sum().item() == pytest.approx(lesson12.FLOOR, abs=1e-12)
    assert best.mean().item() == pytest.approx(lesson12_2.FLOOR, abs=1e-12)
    assert f"{lesson12.FLOOR:.4f} {lesson12_2.FLOOR:.4f}" == "1.7038 0.3408"


def test_no_logits_between_minus_one_and_one_pass_the_floor():
    """Every gradient on the logits points out of the cube at its corner, so the corner is best."""
    logits = attainable(1.0).requires_grad_()
    nn.functional.cross_entropy(logits, torch.tensor(ORDER), reduction="sum").backward()
    right = nn.functional.one_hot(torch.tensor(ORDER), 4).bool()
    assert (logits.grad[right] < 0).all() and (logits.grad[~right] > 0).all()


@pytest.mark.parametrize("lesson", [lesson12, lesson12_2, lesson12_3])
@pytest.mark.parametrize("seed", range(5))
def test_hello_becomes_ohlol(lesson, seed, capsys):
    result = quiet(lesson.main, capsys, seed=seed)
    assert result["strings"][-1] == "ohlol" and result["accuracy"] == 1
    assert len(result["losses"]) == len(result["strings"]) == 30
    assert result["losses"][-1] < result["losses"][0]
    assert min(result["losses"]) > {lesson12: 1.7038, lesson12_2: 0.3408, lesson12_3: 0}[lesson]


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("seed", range(5))
def test_exercises_12_1_and_12_2(cell, seed, capsys):
    result = quiet(lesson12_3.main, capsys, cell=cell, seed=seed)
    assert result["strings"][-1] == "ohlol"
    assert result["parameters"] == 76 + 304 * {"lstm": 4, "gru": 3}[cell]


def test_an_unknown_cell_gets_one_line(run_script):
    run = run_script("lesson12_3.py", "--cell", "transformer")
    assert run.returncode == 1
    assert run.stderr == ("lesson12_3.py: --cell: expected one of rnn, lstm, gru, "
                          "got 'transformer'\n")


def test_long_training_comes_close_to_the_floor_and_never_passes_it(capsys):
    result = quiet(lesson12_2.main, capsys, epochs=400, weight_decay=0.0, seed=2)
    assert 0.3408 < min(result["losses"]) < 0.3458


def test_the_embedding_net_passes_the_floor(capsys):
    result = quiet(lesson12_3.main, capsys)
    assert result["losses"][-1] < 0.01
    assert result["tanh_floor"] == pytest.approx(0.3408, abs=5e-5)
    assert result["parameters"] == 380


def test_cell_and_layer_train_alike(capsys):
    """One loop by hand and summed, one inside nn.RNN and averaged: the same run, divided by 5."""
    one = quiet(lesson12.main, capsys, seed=3)
    two = quiet(lesson12_2.main, capsys, seed=3)
    assert one["strings"] == two["strings"]
    assert [loss / 5 for loss in one["losses"]] == pytest.approx(two["losses"], abs=1e-5)


def test_no_net_without_memory_gets_all_five_letters():
    """"l" stands twice in hello and asks for two letters: at most 4 of 5 are right."""
    wanted = {}
    for lesson in (lesson12, lesson12_2, lesson12_3):
        assert (lesson.QUESTION, lesson.ANSWER) == ("hello", "ohlol")
    for letter, answer in zip(lesson.QUESTION, lesson.ANSWER, strict=True):
        wanted.setdefault(letter, Counter())[answer] += 1
    assert sum(max(counts.values()) for counts in wanted.values()) == 4
    assert wanted["l"] == {"l": 1, "o": 1}


@pytest.mark.parametrize(("lesson", "epochs"), [(lesson12, 30), (lesson12_2, 25), (lesson12_3, 3)])
def test_first_and_last_epoch_are_printed_as_computed(lesson, epochs, capsys):
    result = lesson.main(epochs=epochs)
    *lines, last = capsys.readouterr().out.splitlines()
    shown = [int(re.search(r"epoch \[ *(\d+)/", line)[1]) for line in lines]
    assert shown[0] == 1 and shown[-1] == epochs and len(lines) <= 14
    for epoch, line in zip(shown, lines, strict=True):
        assert line == (f"predicted: {result['strings'][epoch - 1]}, epoch [{epoch:2d}/{epochs}] "
                        f"loss={result['losses'][epoch - 1]:.4f}")
    assert last.startswith(f"predicted {result['strings'][-1]} | loss {result['losses'][-1]:.4f} (")


def test_weight_decay_is_why_the_loss_stops_above_the_floor(capsys):
    decayed = quiet(lesson12.main, capsys, epochs=200)
    free = quiet(lesson12.main, capsys, epochs=1000, weight_decay=0.0, seed=2)
    assert decayed["losses"][-1] == pytest.approx(2.37, abs=0.02)
    assert 1.7037 < free["losses"][-1] < 1.7058


def test_shapes_of_the_three_models():
    x = torch.zeros(5, 1, 4)
    cell = lesson12.Model(4, 4, 1)
    assert cell(x[0], cell.init_hidden()).shape == (1, 4)
    assert lesson12_2.Model(4, 4, 1)(x).shape == (5, 4)
    assert lesson12_3.Model()(torch.zeros(1, 5, dtype=torch.long)).shape == (5, 4)
    assert parameters(cell) == parameters(lesson12_2.Model(4, 4, 1)) == 40
    assert parameters(lesson12_3.Model()) == 380


# ----------------------------------------------------------------------- cells and gradients
def run(step, cell, x):
    """All hidden states of `step` over x (T, N, E) from zeros, and the last state."""
    zeros = torch.zeros(N, H)
    state = (zeros, zeros) if cell == "LSTM" else zeros
    hidden = []
    for x_t in x:
        state = step(x_t, state)
        hidden.append(state[0] if cell == "LSTM" else state)
    return torch.stack(hidden), state


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_equals_pytorchs_in_value_and_gradient(cell):
    torch.manual_seed(0)
    module = getattr(nn, f"{cell}Cell")(E, H)
    weights = list(module.parameters())
    x = torch.randn(T, N, E, requires_grad=True)
    target = torch.randn(T, N, H)
    gradients, outputs = [], []
    for step in (module, lambda x_t, state: CELLS[cell](x_t, state, *weights)):
        hidden, state = run(step, cell, x)
        outputs.append(torch.cat([hidden, *(s[None] for s in state)] if cell == "LSTM"
                                 else [hidden]))
        gradients.append(torch.autograd.grad((hidden * target).sum(), [x, *weights]))
    assert (outputs[0] - outputs[1]).abs().max() < 1e-6
    for theirs, ours in zip(*gradients, strict=True):
        assert theirs.abs().max() > 1e-3
        assert torch.allclose(theirs, ours, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_equals_the_layer_that_loops_over_it(cell):
    torch.manual_seed(1)
    layer = getattr(nn, cell)(E, H)
    x = torch.randn(T, N, E)
    hidden, _ = run(lambda x_t, state: CELLS[cell](x_t, state, *layer.parameters()), cell, x)
    assert (hidden - layer(x)[0]).abs().max() < 1e-6


def test_the_reset_gate_stands_outside_the_product():
    """r * (W_hn h + b_hn), not W_hn (r * h) + b_hn as in the paper: the two differ."""
    torch.manual_seed(2)
    module = nn.GRUCell(E, H)
    x, h = torch.randn(N, E), torch.randn(N, H)
    w_ih, w_hh, b_ih, b_hh = module.parameters()
    r, z = (x @ w_ih[:2 * H].T + b_ih[:2 * H] + h @ w_hh[:2 * H].T
            + b_hh[:2 * H]).sigmoid().chunk(2, dim=1)
    n = (x @ w_ih[2 * H:].T + b_ih[2 * H:] + (r * h) @ w_hh[2 * H:].T + b_hh[2 * H:]).tanh()
    ours = lesson12_4.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh)
    assert ((1 - z) * n + z * h - ours).abs().max() > 1e-2


@pytest.mark.parametrize("cell", CELLS)
def test_gradient_by_distance_equals_autograd_through_pytorchs_layer(cell):
    torch.manual_seed(3)
    module = getattr(nn, f"{cell}Cell")(E, H)
    torch.manual_seed(4)
    measured = lesson12_4.gradient_by_distance(CELLS[cell], module, steps=12)
    torch.manual_seed(4)                                    # the same input
    x = torch.randn(12, 16, E).double().requires_grad_()
    layer = getattr(nn, cell)(E, H).double()
    with torch.no_grad():
        for theirs, ours in zip(layer.parameters(), module.parameters(), strict=True):
            theirs.copy_(ours)
    layer(x)[0][-1].sum().backward()
    norms = x.grad.norm(dim=(1, 2)).flip(0)
    assert measured == pytest.approx((norms[1:] / norms[0]).tolist(), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_vanishes_unless_the_gates_are_open(seed):
    torch.manual_seed(seed)
    curves = lesson12_4.compare_cells()
    far = {label: curve[49] for label, curve in curves.items()}         # k = 50
    assert {len(curve) for curve in curves.values()} == {99}
    assert far["RNN"] < 1e-12 and far["LSTM"] < 1e-8 and far["GRU"] < 1e-8
    assert far["LSTM, gate bias 3"] > 0.1 and far["GRU, gate bias 3"] > 0.01
    assert far["RNN, W_hh times 5"] > 1e4
    every_ten = curves["RNN"][::10]
    assert all(later < earlier / 10 for earlier, later in
               zip(every_ten, every_ten[1:], strict=False))


@pytest.mark.parametrize("seed", range(5))
def test_without_clipping_the_loss_is_lost_with_clipping_it_falls(seed, capsys):
    result = lesson12_4.main(steps=250, seed=seed)
    printed = capsys.readouterr().out
    unclipped, clipped = result["unclipped"], result["losses"]
    assert unclipped[0] == clipped[0]                       # the same net, the same sequences
    assert len(unclipped) <= 5 and not math.isfinite(unclipped[-1])
    assert len(clipped) == 250 and all(map(math.isfinite, clipped))
    assert sum(clipped[-10:]) < sum(clipped[:10]) / 3
    assert printed.endswith(f"test accuracy {result['accuracy']:.1%} with clipping "
                            f"(lost at step {len(unclipped)} without)\n")


def test_the_clipped_run_learns_to_count(run_script):
    run = run_script("lesson12_4.py")
    assert run.stderr == "" and run.returncode == 0         # PyTorch says nothing of the explosion
    right = float(re.search(r"\ntest accuracy ([\d.]+)% with clipping \(lost at step \d",
                            run.stdout)[1])
    assert right > 95 > 100 * math.comb(20, 10) / 2**20     # always saying 10: 17.6%


def test_the_figure_shows_each_curve_by_distance():
    curves = {"one": [0.5, 0.25], "two": [2.0, 4.0]}
    axes = lesson12_4.draw({"curves": curves}).axes[0]
    assert axes.get_yscale() == "log"
    assert {line.get_label(): list(line.get_ydata()) for line in axes.lines} == curves
    assert all(list(line.get_xdata()) == [1, 2] for line in axes.lines)


# --------------------------------------------------------------------- bidirectional, deep RNN
@pytest.fixture(scope="module")
def parts():
    return lesson12_5.make_parts(random.Random(0))


def halves(sentence):
    left, right = sentence.split(" ____ ")
    return left, right


def test_the_left_half_says_nothing_about_the_answer(parts):
    for part, copies in zip(parts, (144, 36, 36), strict=True):
        seen = Counter((halves(text)[0], answer) for text, answer in part)
        assert len(seen) == 4 * 4 and set(seen.values()) == {copies}


def test_the_answer_follows_from_the_right_half_and_only_in_its_order():
    answers, bags = {}, {}
    for answer in lesson12_5.ANSWERS:
        for right in lesson12_5.right_halves(answer):
            assert answers.setdefault(right, answer) == answer
            bags.setdefault(tuple(sorted(right.split())), set()).add(answer)
            no, yes = re.fullmatch(r"so \w+ will not (.+) but (.+)", right).groups() if (
                " will not " in right) else re.fullmatch(
                r"so \w+ will (.+) but not (.+)", right).groups()[::-1]
            assert yes in lesson12_5.ACTIONS[answer] and no not in lesson12_5.ACTIONS[answer]
    assert len(answers) == 4 * 216
    assert all(len(possible) == 2 for possible in bags.values())


@pytest.mark.parametrize("seed", range(5))
def test_no_right_half_is_in_two_parts_and_training_knows_every_word(seed):
    parts = lesson12_5.make_parts(random.Random(seed))
    train, validation, test = ({halves(text)[1] for text, _ in part} for part in parts)
    assert not train & validation and not train & test and not validation & test
    texts = [text for part in parts for text, _ in part]
    assert len(set(texts)) == len(texts) == 2304 + 576 + 576
    assert len({len(text.split()) for text in texts}) == 1
    assert {text.split()[lesson12_5.POSITION] for text in texts} == {"____"}
    words = [{word for text, _ in part for word in text.split()} for part in parts]
    assert words[1] <= words[0] and words[2] <= words[0]


def test_forward_stays_at_chance_and_bidirectional_solves_it(run_script):
    run = run_script("lesson12_5.py")
    rows = dict(re.findall(r"^(\w+, \d layers?) .*\| (.*)$", run.stdout, re.MULTILINE))
    assert len(rows) == 4
    for label, row in rows.items():
        values = [float(value[:-1]) for value in row.split()]
        if label.startswith("forward"):
            assert set(values) == {25.0}
        else:
            assert values[-1] >= 97
    solved, alone = map(float, re.search(r"\ntest accuracy ([\d.]+)% \(forward only ([\d.]+)%\)\n$",
                                         run.stdout).groups())
    assert alone == 25.0 and solved >= 99


def test_the_test_part_does_not_touch_training(monkeypatch, capsys):
    first = quiet(lesson12_5.main, capsys, epochs=1, batch_size=720)
    make_parts = lesson12_5.make_parts

    def shorter(rng):
        train, validation, test = make_parts(rng)
        return train, validation, test[::3]

    monkeypatch.setattr(lesson12_5, "make_parts", shorter)
    second = quiet(lesson12_5.main, capsys, epochs=1, batch_size=720)
    assert second["validated"] == first["validated"]


def test_a_forward_rnn_cannot_see_what_a_bidirectional_one_reads():
    torch.manual_seed(0)
    x = torch.randint(50, (8, 15))
    other = x.clone()
    other[:, lesson12_5.POSITION + 1:] = torch.randint(50, (8, 11))
    forward = lesson12_5.FillIn(50, 4, 3, layers=2, bidirectional=False)
    both = lesson12_5.FillIn(50, 4, 3, layers=2, bidirectional=True)
    assert torch.equal(forward(x), forward(other))
    assert not torch.allclose(both(x), both(other), atol=1e-3)


def test_both_directions_get_gradient():
    torch.manual_seed(0)
    model = lesson12_5.FillIn(50, 4, 3, layers=3, bidirectional=True)
    model(torch.randint(50, (8, 15))).square().sum().backward()
    names = [name for name, _ in model.rnn.named_parameters()]
    assert sum(name.endswith("_reverse") for name in names) == len(names) / 2 == 12
    assert all(p.grad.norm() > 1e-3 for p in model.parameters())


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize(("layers", "bidirectional"),
                         [(1, False), (1, True), (3, False), (2, True)])
def test_batch_first_changes_input_and_output_only(batch_first, layers, bidirectional):
    n, t, e, h = 5, 7, 3, 4
    directions = 2 if bidirectional else 1
    shape = (layers * directions, n, h)
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        rnn = kind(e, h, layers, batch_first=batch_first, bidirectional=bidirectional)
        x = torch.randn((n, t, e) if batch_first else (t, n, e))
        h0 = torch.randn(shape)
        output, h_n = rnn(x, (h0, h0) if kind is nn.LSTM else h0)
        h_n = h_n[0] if kind is nn.LSTM else h_n
        assert output.shape == ((n, t) if batch_first else (t, n)) + (directions * h,)
        assert h_n.shape == h0.shape == shape
        time_first = output.transpose(0, 1) if batch_first else output
        if bidirectional:       # ..., last forward, last backward: the latter ends at step 0
            assert torch.equal(torch.cat([h_n[-2], h_n[-1]], dim=1),
                               torch.cat([time_first[-1, :, :h], time_first[0, :, h:]], dim=1))
        else:
            assert torch.equal(h_n[-1], time_first[-1])
        if batch_first:
            wrong = h0.transpose(0, 1)
            with pytest.raises(RuntimeError, match="hidden"):
                rnn(x, (wrong, wrong) if kind is nn.LSTM else wrong)


@pytest.mark.parametrize(("lesson", "settings", "key"), [
    (lesson12, {"epochs": 2}, "losses"), (lesson12_2, {"epochs": 2}, "losses"),
    (lesson12_3, {"epochs": 2}, "losses"), (lesson12_4, {"steps": 3}, "losses"),
    (lesson12_5, {"epochs": 2, "batch_size": 720}, "validated")])
def test_the_same_seed_gives_the_same_run(lesson, settings, key, capsys):
    runs = [quiet(lesson.main, capsys, seed=seed, **settings)[key] for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(("lesson", "label"), [
    (lesson12, "loss, summed over 5 steps"), (lesson12_2, "loss, mean over 5 steps"),
    (lesson12_3, "loss, mean over 5 steps")])
def test_the_axis_says_which_loss_it_is(lesson, label, capsys):
    """Before training five steps of 4 letters cost some 1.4 each: 7 in all, 1.4 in the mean."""
    result = quiet(lesson.main, capsys, epochs=1)
    assert (3 < result["losses"][0] < 12) == ("summed" in label)
    assert lesson.draw(result).axes[0].get_ylabel() == label


def test_each_name_has_its_layers_and_directions(monkeypatch, capsys):
    made = []

    class Watched(lesson12_5.FillIn):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            made.append((self.rnn.num_layers, self.rnn.bidirectional))

    monkeypatch.setattr(lesson12_5, "FillIn", Watched)
    result = quiet(lesson12_5.main, capsys, epochs=1, batch_size=200)
    assert list(zip(result["validated"], made, strict=True)) == [
        ("forward, 1 layer", (1, False)), ("forward, 3 layers", (3, False)),
        ("bidirectional, 1 layer", (1, True)), ("bidirectional, 3 layers", (3, True))]


def test_the_seed_makes_other_sentences(monkeypatch, capsys):
    made, make_parts = [], lesson12_5.make_parts

    def watched(rng):
        made.append(make_parts(rng))
        return made[-1]

    monkeypatch.setattr(lesson12_5, "make_parts", watched)
    for seed in (0, 0, 1):
        quiet(lesson12_5.main, capsys, epochs=1, batch_size=200, seed=seed)
    assert made[0] == made[1] != made[2]
