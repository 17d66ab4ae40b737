"""Lecture 12: hello -> ohlol, vanishing and exploding gradients, bidirectional and deep RNN."""

import math
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
    assert min(result["losses"]) > result.get("floor", 0)


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
    assert lesson12_2.FLOOR < min(result["losses"]) < lesson12_2.FLOOR + 0.005


def test_the_embedding_net_passes_the_floor(capsys):
    result = quiet(lesson12_3.main, capsys)
    assert result["losses"][-1] < 0.01 < lesson12_2.FLOOR
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
    for letter, answer in zip("hello", "ohlol", strict=True):
        wanted.setdefault(letter, Counter())[answer] += 1
    assert sum(max(counts.values()) for counts in wanted.values()) == 4
    assert wanted["l"] == {"l": 1, "o": 1}


def test_the_string_is_printed_at_every_epoch(run_script):
    for name in ("lesson12.py", "lesson12_2.py", "lesson12_3.py"):
        lines = run_script(name).stdout.splitlines()
        assert len(lines) == 31
        for epoch, line in enumerate(lines[:-1], start=1):
            assert re.fullmatch(rf"predicted: [ehlo]{{5}}, epoch \[{epoch:2d}/30\] "
                                r"loss=\d\.\d{4}", line), line
        assert lines[-1].startswith("predicted ohlol | loss ")
    assert "(floor 1.7038)" in run_script("lesson12.py").stdout
    assert "(floor 0.3408)" in run_script("lesson12_2.py").stdout


def test_shapes_of_the_three_models():
    x = torch.zeros(5, 1, 4)
    cell = lesson12.Model(4, 4, 1)
    assert cell(x[0], cell.init_hidden()).shape == (1, 4)
    assert lesson12_2.Model(4, 4, 1)(x).shape == (5, 4)
    assert lesson12_3.Model()(torch.zeros(1, 5, dtype=torch.long)).shape == (5, 4)
    assert parameters(cell) == parameters(lesson12_2.Model(4, 4, 1)) == 40
    assert parameters(lesson12_3.Model()) == 380


# --------------------------------------------------------------- vanishing, exploding gradients
def far(label, seed, length=50):
    cell, gate, factor = lesson12_4.CURVES[label]
    torch.manual_seed(seed)
    return lesson12_4.gradient_by_distance(cell, length, gate, factor)[-1]


@pytest.mark.parametrize("seed", range(3))
def test_the_gradient_vanishes_unless_the_gates_are_open(seed):
    assert far("RNN", seed) < 1e-12
    assert far("LSTM", seed) < 1e-8 and far("GRU", seed) < 1e-8
    assert far("LSTM, gate bias 3", seed) > 0.1
    assert far("GRU, gate bias 3", seed) > 0.01
    assert far("LSTM, gate bias 3", seed) > 1e11 * far("RNN", seed)
    assert far("RNN, W_hh times 5", seed) > 1e4


def test_the_rnns_gradient_falls_with_every_ten_steps():
    torch.manual_seed(0)
    norms = lesson12_4.gradient_by_distance("RNN", 100)
    assert norms[0] == 1 and len(norms) == 100
    every_ten = norms[::10]
    assert all(later < earlier / 10 for earlier, later in
               zip(every_ten, every_ten[1:], strict=False))


def test_the_share_is_of_the_gradient_at_the_last_step():
    for cell in lesson12_4.CELLS:
        torch.manual_seed(0)
        norms = lesson12_4.gradient_by_distance(cell, 4)
        assert len(norms) == 4 and norms[0] == 1 and min(norms) > 0


@pytest.mark.parametrize("seed", range(5))
def test_without_clipping_the_loss_is_lost_with_clipping_it_falls(seed, capsys):
    result = lesson12_4.main(epochs=2, seed=seed)
    printed = capsys.readouterr().out
    unclipped, clipped = result["steps"].values()
    assert unclipped[0] == clipped[0]                       # the same net, the same first batch
    assert len(unclipped) <= 5 and not math.isfinite(unclipped[-1])
    assert len(clipped) == 2 * 20 and all(map(math.isfinite, clipped))
    assert result["losses"][1] < result["losses"][0]
    assert re.search(r"^the loss is (inf|nan), [1-9]\d* of the \d+ weights are not finite",
                     printed, re.MULTILINE)


def test_the_clipped_run_learns_to_count(run_script):
    run = run_script("lesson12_4.py")
    assert run.stderr == "" and run.returncode == 0         # PyTorch says nothing of the explosion
    right, step = re.fullmatch(r"held-out accuracy ([\d.]+)% with clipping \(lost at step (\d) "
                               r"without\) \| [\d.]+ s", run.stdout.splitlines()[-1]).groups()
    best_guess = math.comb(20, 10) / 2**20                  # always saying 10: 17.6%
    assert float(right) > 90 > 100 * best_guess and int(step) <= 5
    losses = [float(value) for value in re.findall(r"^epoch .* loss +([\d.]+) ", run.stdout,
                                                   re.MULTILINE)]
    assert len(losses) >= 8 and losses[-1] < 0.2 < losses[0]



# --------------------------------------------------------------------- bidirectional, deep RNN
@pytest.fixture(scope="module")
def sentences():
    return lesson12_5.split(lesson12_5.random.Random(0))


def halves(sentence):
    left, right = sentence.split(f" {lesson12_5.BLANK} ")
    return left, right


def test_the_left_half_says_nothing_about_the_answer(sentences):
    for part, copies in zip(sentences, (20, 5), strict=True):
        seen = Counter((halves(text)[0], answer) for text, answer in part)
        assert len(seen) == 36 * 4 and set(seen.values()) == {copies}


def test_the_answer_follows_from_the_right_half_and_only_in_its_order():
    answers, bags = {}, {}
    for right, answer in lesson12_5.right_halves():
        assert answers.setdefault(right, answer) == answer
        bags.setdefault(tuple(sorted(right.split())), set()).add(answer)
    assert len(answers) == 2592
    assert all(len(found) == 2 for found in bags.values())


def test_no_held_out_right_half_is_trained_on(sentences):
    train, test = ({halves(text)[1] for text, _ in part} for part in sentences)
    assert train and test and not train & test
    texts = [text for part in sentences for text, _ in part]
    assert len(set(texts)) == len(texts) == 2880 + 720
    assert {len(text.split()) for text in texts} == {15}
    assert {text.split()[lesson12_5.POSITION] for text in texts} == {lesson12_5.BLANK}


def test_forward_stays_at_chance_and_bidirectional_solves_it(run_script):
    run = run_script("lesson12_5.py")
    assert "chance 25.0%" in run.stdout
    solved, alone = map(float, re.search(r"^held-out accuracy ([\d.]+)% \(forward only "
                                         r"([\d.]+)%\) \|", run.stdout, re.MULTILINE).groups())
    assert alone == 25.0 and solved >= 99
    rows = re.findall(r"^(\w+), (\d) layers? +([\d,]+)  (\(.*?\)) .* ([\d.]+)%$", run.stdout,
                      re.MULTILINE)
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("forward", "1", "(1, 720, 32)"), ("bidirectional", "1", "(2, 720, 32)"),
        ("bidirectional", "2", "(4, 720, 32)"), ("bidirectional", "3", "(6, 720, 32)")]
    sizes = [int(row[2].replace(",", "")) for row in rows]
    layer = 2 * (2 * 32 * 32 + 32 * 32 + 2 * 32)            # a stacked layer reads 2H, gives 2H
    assert sizes[3] - sizes[2] == sizes[2] - sizes[1] == layer
    assert all(float(row[4]) >= 97 for row in rows[1:])


def test_a_forward_rnn_cannot_see_what_a_bidirectional_one_reads():
    torch.manual_seed(0)
    x = torch.randint(50, (8, 15))
    other = x.clone()
    other[:, lesson12_5.POSITION + 1:] = torch.randint(50, (8, 11))
    forward = lesson12_5.FillIn(50, 16, 32, layers=2, bidirectional=False)
    both = lesson12_5.FillIn(50, 16, 32, layers=2, bidirectional=True)
    assert torch.equal(forward(x), forward(other))
    assert not torch.allclose(both(x), both(other), atol=1e-3)


def test_both_directions_get_gradient():
    torch.manual_seed(0)
    model = lesson12_5.FillIn(50, 16, 32, layers=3, bidirectional=True)
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


@pytest.mark.parametrize(("lesson", "settings"), [
    (lesson12, {}), (lesson12_2, {}), (lesson12_3, {}), (lesson12_4, {}),
    (lesson12_5, {"hidden": 4, "batch_size": 720})])
def test_the_same_seed_gives_the_same_run(lesson, settings, capsys):
    runs = [quiet(lesson.main, capsys, epochs=2, seed=seed, **settings)["losses"]
            for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]
