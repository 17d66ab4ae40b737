"""Lesson 10.4: readers' pictures: what is read, split, counted, kept, shown, and refused."""

import re

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

import files
import lesson10
import lesson10_4
from utils import BadInput, load_mnist


@pytest.fixture
def folder(tmp_path):
    """Three classes, dark, middle and bright, of 10, 15 and 20 pictures of many kinds and sizes."""
    torch.manual_seed(0)
    for name, grey, count in [("a dark", 40, 10), ("中", 128, 15), ("z$bright", 215, 20)]:
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(count):
            kind = [".png", ".jpg", ".bmp", ".JPEG", ".webp"][number % 5]
            mode = ["RGB", "L"][number % 2]
            level = grey + number
            colour = level if mode == "L" else (level, level, grey)
            picture = Image.new(mode, (20 + number, 40 - number), colour)
            picture.save(tmp_path / "own" / name / f"{number}{kind}")
    return tmp_path / "own"


# ------------------------------------------------------------------------------- the lesson's parts
def test_on_28_pixels_the_net_is_lesson_10_s():
    net, copied = lesson10.Net(), lesson10_4.Net(10, channels=1)
    copied.load_state_dict(net.state_dict())
    x = torch.randn(3, 1, 28, 28)
    torch.testing.assert_close(copied(x), net(x))
    assert lesson10_4.Net(7).double()(torch.randn(2, 3, 61, 16).double()).shape == (2, 7)


def test_a_fifth_of_each_class_is_held_out():
    labels = [0] * 5 + [1] * 23 + [2] * 10
    train_part, test_part = lesson10_4.split(labels)
    assert sorted(train_part + test_part) == list(range(38))
    assert [labels[i] for i in test_part] == [0] + [1] * 4 + [2] * 2
    assert lesson10_4.split(labels)[1] != test_part         # by chance


def test_the_confusion_matrix_precision_and_recall(capsys):
    target = torch.tensor([0, 0, 0, 1, 1, 2])
    predicted = torch.tensor([0, 1, 1, 1, 0, 1])
    confusion = lesson10_4.count_answers(predicted, target, 3)
    assert confusion.tolist() == [[1, 2, 0], [1, 1, 0], [0, 1, 0]]
    lesson10_4.print_answers(confusion, ["cat", "mouse", "elephant"])
    assert capsys.readouterr().out.splitlines() == [
        "class    | precision | recall | read as   cat mouse eleph",
        "cat      |     50.0% |  33.3% |             1     2     0",
        "mouse    |     25.0% |  50.0% |             1     1     0",
        "elephant |      none |   0.0% |             0     1     0"]


def test_only_training_changes_the_pictures():
    picture = lesson10_4.draw_shape("star")
    torch.manual_seed(0)
    still, moving = lesson10_4.make_transform(32), lesson10_4.make_transform(32, augment=True)
    assert torch.equal(still(picture), still(picture)) and still(picture).shape == (3, 32, 32)
    assert still(picture).min() >= -1 and still(picture).max() <= 1
    assert not torch.equal(moving(picture), moving(picture))
    assert moving(picture).shape == (3, 32, 32)


def test_the_worst_pictures_come_first():
    p = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    target = torch.tensor([0, 0, 0, 1])
    dataset = [(torch.full((3, 4, 4), i / 4), 0) for i in range(4)]
    worst = lesson10_4.find_worst(p, target, dataset, ["one", "two"])
    assert [title for _, title in worst] == [
        "one: 20.0%\nread as two: 80.0%", "one: 60.0%\nread as one: 60.0%",
        "two: 70.0%\nread as two: 70.0%", "one: 90.0%\nread as one: 90.0%"]
    assert (worst[0][0] == 0.625).all() and worst[0][0].shape == (4, 4, 3)


# ------------------------------------------------------------------------------- a reader's folder
def test_a_folder_is_learned_kept_and_asked(folder, tmp_path, capsys):
    path = tmp_path / "own.pt"
    result = lesson10_4.main(epochs=8, batch_size=8, data=str(folder), save=str(path))
    out = capsys.readouterr().out
    assert out.startswith("36 pictures of 3 classes to train on, 9 held out\n")
    assert result["confusion"].sum(dim=1).tolist() == [2, 4, 3]     # a dark, z$bright, 中
    assert out.endswith("on 9 held-out pictures, always the largest class 44.4%\n")
    assert result["accuracy"] > 0.8 and len(result["shown"]) == 9
    plt.close(lesson10_4.draw(result))
    Image.new("RGB", (3000, 20), (250, 250, 250)).save(tmp_path / "new.png")
    result = lesson10_4.main(load=str(path), photo=str(tmp_path / "new.png"))
    line = capsys.readouterr().out.split("\n")[-2]
    assert re.fullmatch(r"new\.png \| z\$bright \d+\.\d% \| next \S+ \d+\.\d%", line)
    figure = lesson10_4.draw(result)
    plt.close(figure)
    assert figure.axes[0].get_title().startswith("new.png\nz\\$bright")


def test_a_photo_is_turned_as_it_was_taken(folder):
    picture = Image.new("RGB", (40, 20), "white")
    exif = Image.Exif()
    exif[274] = 6                                           # the camera was held upright
    picture.save(folder / "a dark" / "turned.jpg", exif=exif)
    assert lesson10_4.read_rgb(folder / "a dark" / "turned.jpg").size == (20, 40)


def test_a_net_of_another_kind_is_refused(tmp_path):
    files.save(tmp_path / "other.pt", {"weights": lesson10.Net().state_dict()})
    Image.new("L", (9, 9)).save(tmp_path / "p.png")
    with pytest.raises(BadInput, match="a net that lesson10_4.py --save wrote"):
        lesson10_4.main(load=str(tmp_path / "other.pt"), photo=str(tmp_path / "p.png"))


def spoil_broken(folder):
    (folder / "中" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\nhalf a picture")


def spoil_few(folder):
    for path in sorted((folder / "中").iterdir())[2:]:
        path.unlink()


def spoil_one(folder):
    for name in ("a dark", "中"):
        for path in (folder / name).iterdir():
            path.unlink()
        (folder / name).rmdir()


def spoil_all(folder):
    spoil_one(folder)
    for path in (folder / "z$bright").iterdir():
        path.unlink()
    (folder / "z$bright").rmdir()


def spoil_empty(folder):
    (folder / ".ipynb_checkpoints").mkdir()


def spoil_heic(folder):
    (folder / "new").mkdir()
    (folder / "new" / "IMG_1.HEIC").write_bytes(b"0000ftypheic")


@pytest.mark.parametrize(("spoil", "message"), [
    (spoil_broken, "3.png: expected a picture"),
    (spoil_few, "expected 5 pictures or more of a class, got 2; add some, or delete this folder"),
    (spoil_one, "a folder of pictures for each class, two or more, got 1"),
    (spoil_all, "a folder of pictures for each class, two or more, got 0"),
    (spoil_empty, ".ipynb_checkpoints: expected 5 pictures or more of a class, got 0; add"),
    (spoil_heic, "got 0 (and IMG_1.HEIC: no name of a picture); add some"),
])
def test_what_cannot_be_learned_is_refused_in_a_line(folder, spoil, message):
    spoil(folder)
    with pytest.raises(BadInput) as refused:
        lesson10_4.main(data=str(folder))
    assert message in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(("settings", "message"), [
    ({"data": "no/such"}, "got no folder"), ({"size": 15}, "--size: expected 16 or more"),
    ({"pictures": 4}, "--pictures: expected 5 or more"), ({"load": "a.pt"}, "expected --photo"),
])
def test_settings_that_cannot_be(settings, message):
    with pytest.raises(BadInput, match=message):
        lesson10_4.main(**settings)


# ---------------------------------------------------------------------------------- whole trainings
@pytest.mark.slow
def test_shapes(run_script):
    last = run_script("lesson10_4.py").stdout.splitlines()[-1]
    assert 95 <= float(re.match(r"accuracy (\d+\.\d)%", last)[1]) <= 100


@pytest.mark.slow
def test_2000_digits_as_files(tmp_path):
    _, _, x, y = load_mnist()
    for i in range(2000):
        (tmp_path / str(int(y[i]))).mkdir(exist_ok=True)
        Image.fromarray(x[i].numpy()).save(tmp_path / str(int(y[i])) / f"{i}.png")
    assert lesson10_4.main(data=str(tmp_path))["accuracy"] >= 0.97
