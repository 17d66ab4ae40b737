"""The notes' table of errors is true: each mistake says what the table says, and each mend mends.

A row of the table has a message (in backquotes), a cause and a mend. Its snippets stand below, in
the order of the table: the mistake as people make it, mostly with a class of the lessons, and the
mended lines. What the mend's column has in backquotes stands in the mended lines.

python tests/test_errors.py CHINESE.md ENGLISH.md compares two pieces of notes with the snippets.
"""

import math
import mmap
import re
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from conftest import LIUER

EDITIONS = [LIUER / "README.md", LIUER / "README.en.md"]
HEADING = r"(?m)^(#+) (?:常见报错|Common errors)\b.*$"


class Case(NamedTuple):
    says: list          # what the table quotes; `...` stands for any text
    wrong: str
    mended: str         # continues where the wrong lines ended
    right: str          # what is true then
    harm: str = ""      # where nothing is said: what is true after the wrong lines
    elsewhere: list = []    # what other versions say instead
    stand_in: str = ""      # what is said where the device "meta" stands for a GPU


ROWS = [
    # ------------------------------------------------------------------------------ lecture 4
    [Case(["Trying to backward through the graph a second time"], """
        from lesson4 import loss as loss_of
        w = torch.tensor(1.0, requires_grad=True)
        loss = loss_of(1.0, 2.0, w)
        loss.backward()
        loss.backward()
        """, """
        w.grad.zero_()
        loss = loss_of(1.0, 2.0, w)
        loss.backward()
        """, "w.grad.item() == -2"),
     Case(["Trying to backward through the graph a second time"], """
        from lesson13_2 import CharModel
        model, h = CharModel(5, 4, 4), None
        x = torch.tensor([[1, 2, 3]])
        for _ in range(2):
            logits, h = model(x, h)
            loss = F.cross_entropy(logits.flatten(0, 1), x.flatten())
            loss.backward()
        """, """
        h = None
        for _ in range(2):
            logits, h = model(x, h)
            h = h.detach()
            loss = F.cross_entropy(logits.flatten(0, 1), x.flatten())
            loss.backward()
        """, "h.abs().sum() > 0 and not h.requires_grad")],
    [Case(["element 0 of tensors does not require grad"], """
        from lesson4 import loss as loss_of
        w = torch.tensor(1.0)
        loss_of(1.0, 2.0, w).backward()
        """, """
        w = torch.tensor(1.0, requires_grad=True)
        loss_of(1.0, 2.0, w).backward()
        """, "w.grad.item() == -2"),
     Case(["element 0 of tensors does not require grad"], """
        from lesson5 import LinearModel
        model = LinearModel()
        with torch.no_grad():
            y_pred = model(torch.ones(3, 1))
        y_pred.sum().backward()
        """, """
        model(torch.ones(3, 1)).sum().backward()
        """, "model.linear.weight.grad.item() == 3")],
    [Case(["a leaf Variable that requires grad is being used in an in-place operation"], """
        from lesson4 import loss as loss_of
        w = torch.tensor(1.0, requires_grad=True)
        loss_of(1.0, 2.0, w).backward()
        w -= 0.01 * w.grad
        """, """
        with torch.no_grad():
            w -= 0.01 * w.grad
        """, "abs(w.item() - 1.02) < 1e-6")],
    [Case(["unsupported operand type(s) for *: 'float' and 'NoneType'"], """
        from lesson4 import loss as loss_of
        w = torch.tensor(1.0, requires_grad=True)
        for _ in range(2):
            loss_of(1.0, 2.0, w).backward()
            w = w - 0.01 * w.grad
        """, """
        w = torch.tensor(1.0, requires_grad=True)
        for _ in range(2):
            loss_of(1.0, 2.0, w).backward()
            with torch.no_grad():
                w -= 0.01 * w.grad
            w.grad.zero_()
        """, "abs(w.item() - 1.0396) < 1e-6")],
    [Case(["invalid index of a 0-dim tensor"], """
        from lesson4 import loss as loss_of
        loss = loss_of(1.0, 2.0, torch.tensor(1.0, requires_grad=True))
        value = loss.data[0]
        """, """
        value = loss.item()
        """, "value == 1")],
    # ------------------------------------------------------------------------------ lecture 5
    [Case(["cannot assign module before Module.__init__() call"], """
        class LinearModel(nn.Module):
            def __init__(self):
                self.linear = nn.Linear(1, 1)
        LinearModel()
        """, """
        class LinearModel(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(1, 1)
        """, "sum(p.numel() for p in LinearModel().parameters()) == 2")],
    [Case(['is missing the required "forward" function'], """
        class LinearModel(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(1, 1)

                def forward(self, x):
                    return self.linear(x)
        LinearModel()(torch.ones(3, 1))
        """, """
        class LinearModel(nn.Module):
            def __init__(self):
                super().__init__()
                self.linear = nn.Linear(1, 1)

            def forward(self, x):
                return self.linear(x)
        """, "LinearModel()(torch.ones(3, 1)).shape == (3, 1)")],
    [Case(["mat1 and mat2 shapes cannot be multiplied"], """
        from lesson5 import LinearModel
        x = torch.tensor([1.0, 2.0, 3.0])
        LinearModel()(x)
        """, """
        y_pred = LinearModel()(x.view(-1, 1))
        """, "y_pred.shape == (3, 1)")],
    [Case(["Using a target size"], """
        from lesson5 import LinearModel
        model = LinearModel()
        x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([2.0, 4.0, 6.0])
        nn.init.constant_(model.linear.weight, 2)
        nn.init.zeros_(model.linear.bias)
        loss = nn.MSELoss()(model(x), y)
        assert loss > 5
        """, """
        loss = nn.MSELoss()(model(x), y.view(-1, 1))
        """, "loss.item() == 0"),
     Case(["Using a target size"], """
        from lesson6 import LogisticRegressionModel
        model = LogisticRegressionModel(3, bias=False)
        x, y = torch.ones(4, 3), torch.ones(4)
        nn.BCELoss()(model(x), y)
        """, """
        loss = nn.BCELoss()(model(x), y.view(-1, 1))
        """, "torch.isclose(loss, -model(x)[0].log())")],
    [Case(["(N, 1) - (N,)"], """
        from lesson5 import LinearModel
        model = LinearModel()
        x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([2.0, 4.0, 6.0])
        nn.init.constant_(model.linear.weight, 2)
        nn.init.zeros_(model.linear.bias)
        loss = ((model(x) - y) ** 2).mean()
        """, """
        loss = ((model(x) - y.view(-1, 1)) ** 2).mean()
        """, "loss.item() == 0", harm="abs(loss.item() - 16 / 3) < 1e-5"),
     Case(["(N, 1) - (N,)"], """
        y_pred, y = torch.tensor([[0.9], [0.1]]), torch.tensor([1.0, 0.0])
        share = ((y_pred > 0.5) == (y == 1)).float().mean().item()
        """, """
        share = ((y_pred > 0.5) == (y.view(-1, 1) == 1)).float().mean().item()
        """, "share == 1", harm="share == 0.5")],
    [Case(["Boolean value of Tensor with more than one value is ambiguous"], """
        y_pred, y = torch.ones(3, 1), torch.zeros(3, 1)
        loss = nn.MSELoss(y_pred, y)
        """, """
        criterion = nn.MSELoss()
        loss = criterion(y_pred, y)
        """, "loss.item() == 1")],
    [Case(["only one element tensors can be converted"], """
        y_pred = torch.tensor([[1.0], [2.0], [3.0]])
        values = float(y_pred)
        """, """
        values = y_pred.flatten().tolist()
        """, "values == [1, 2, 3]"),
     Case(["a Tensor with 3 elements cannot be converted to Scalar"], """
        y_pred = torch.tensor([[1.0], [2.0], [3.0]])
        total = ((y_pred - 2) ** 2).item()
        """, """
        total = ((y_pred - 2) ** 2).sum().item()
        """, "total == 2")],
    [Case(["grad can be implicitly created only for scalar outputs"], """
        from lesson5 import LinearModel
        model, x, y = LinearModel(), torch.ones(3, 1), torch.zeros(3, 1)
        loss = (model(x) - y) ** 2
        loss.backward()
        """, """
        loss.mean().backward()
        """, "torch.isclose(model.linear.bias.grad, 2 * model(x)[0])")],
    [Case(["Can't call numpy() on Tensor that requires grad"], """
        from lesson5 import LinearModel
        y_pred = LinearModel()(torch.ones(3, 1))
        curve = y_pred.numpy()
        """, """
        curve = y_pred.detach().numpy()
        """, "curve.shape == (3, 1)")],
    [Case(["missing 1 required positional argument: 'closure'"], """
        from lesson5 import LinearModel
        model = LinearModel()
        x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[2.0], [4.0], [6.0]])
        optimizer = torch.optim.LBFGS(model.parameters())
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        """, """
        def closure():
            loss = F.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            return loss

        for _ in range(20):
            optimizer.step(closure)
        """, "F.mse_loss(model(x), y) < 1e-6")],
    [Case(["optimizer.zero_grad()"], """
        from lesson5 import LinearModel
        model, losses = LinearModel(), []
        x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[2.0], [4.0], [6.0]])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(100):
            loss = F.mse_loss(model(x), y, reduction="sum")
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        """, """
        model, losses = LinearModel(), []
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(100):
            loss = F.mse_loss(model(x), y, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        """, "losses[-1] < 0.5 and losses == sorted(losses, reverse=True)",
          harm="max(losses[80:]) > 0.7 * losses[0]")],
    [Case(["nan"], """
        from lesson5 import LinearModel
        model = LinearModel()
        x, y = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[2.0], [4.0], [6.0]])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(200):
            loss = F.mse_loss(model(x), y, reduction="sum")
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """, """
        model = LinearModel()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        for _ in range(200):
            loss = F.mse_loss(model(x), y, reduction="sum")
            assert math.isfinite(loss.item())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        """, "loss < 0.5", harm="math.isnan(loss.item())"),
     Case(["nan"], """
        from lesson5 import LinearModel
        model, x, y = LinearModel(), torch.full((3, 1), 1000.0), torch.zeros(3, 1)
        y_pred = torch.sigmoid(1 + model(x) ** 2)
        loss = -(y * y_pred.log() + (1 - y) * (1 - y_pred).log()).mean()
        loss.backward()
        loss = model.linear.weight.grad
        """, """
        loss = nn.BCEWithLogitsLoss()(1 + model(x) ** 2, y)
        """, "math.isfinite(loss.item())", harm="math.isnan(loss.item())")],
    # ------------------------------------------------------------------------- lectures 6, 7
    [Case(["mat1 and mat2 must have the same dtype, but got Double and Float"], """
        from lesson7 import Model
        table = np.array([[0.1] * 8, [0.2] * 8])
        Model(8)(torch.from_numpy(table))
        """, """
        y_pred = Model(8)(torch.from_numpy(table).float())
        """, "y_pred.shape == (2, 1)"),
     Case(["expected scalar type Float but found Double"], """
        states = torch.from_numpy(np.ones((2, 3, 4)))
        weights = torch.zeros(2, 3).softmax(dim=1)
        context = weights.unsqueeze(1) @ states
        """, """
        context = weights.unsqueeze(1) @ states.float()
        """, "torch.allclose(context, torch.ones(2, 1, 4))")],
    [Case(["Found dtype Long but expected Float"], """
        from lesson7 import Model
        y_pred, y = Model(8)(torch.zeros(3, 8)), torch.tensor([[0], [1], [1]])
        nn.BCELoss()(y_pred, y)
        """, """
        loss = nn.BCELoss()(y_pred, y.float())
        """, "loss.item() > 0")],
    [Case(["all elements of input should be between 0 and 1"], """
        from lesson7_2 import Model
        model, x, y = Model(8, torch.relu, torch.relu), torch.ones(3, 8), torch.ones(3, 1)
        nn.init.constant_(model.linear3.bias, 9)
        nn.BCELoss()(model(x), y)
        """, """
        model.last = torch.sigmoid
        loss = nn.BCELoss()(model(x), y)
        """, "0 < loss.item() < 0.1")],
    [Case(["optimizer got an empty parameter list"], """
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = [nn.Linear(8, 6), nn.Linear(6, 1)]
        optimizer = torch.optim.SGD(Model().parameters(), lr=0.1)
        """, """
        class Model(nn.Module):
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList([nn.Linear(8, 6), nn.Linear(6, 1)])
        optimizer = torch.optim.SGD(Model().parameters(), lr=0.1)
        """, "len(optimizer.param_groups[0]['params']) == 4")],
    # ------------------------------------------------------------------------------ lecture 8
    [Case(["default_collate: batch must contain tensors, numpy arrays, numbers"], """
        from PIL import Image
        from torch.utils.data import DataLoader
        pictures = [(Image.new("L", (28, 28), 255), 7), (Image.new("L", (28, 28), 0), 1)]
        next(iter(DataLoader(pictures, batch_size=2)))
        """, """
        from torchvision import transforms
        pictures = [(transforms.ToTensor()(image), y) for image, y in pictures]
        x, y = next(iter(DataLoader(pictures, batch_size=2)))
        """, "x.shape == (2, 1, 28, 28) and x[0].min() == 1 and y.tolist() == [7, 1]")],
    [Case(["stack expects each tensor to be equal size"], """
        from torch.utils.data import DataLoader
        codes = [torch.tensor([ord(letter) for letter in name]) for name in ("muller", "li")]
        next(iter(DataLoader(codes, batch_size=2)))
        """, """
        from torch.nn.utils.rnn import pad_sequence

        def collate(batch):
            return pad_sequence(batch, batch_first=True)

        x = next(iter(DataLoader(codes, batch_size=2, collate_fn=collate)))
        """, "x.shape == (2, 6) and x[1].tolist() == [108, 105, 0, 0, 0, 0]")],
    [Case(["Can't pickle local object"], """
        from torch.utils.data import DataLoader, Dataset

        def main():
            class Squares(Dataset):
                def __len__(self):
                    return 3

                def __getitem__(self, index):
                    return index ** 2

            loader = DataLoader(Squares(), num_workers=1, multiprocessing_context="spawn")
            return next(iter(loader))
        main()
        """, """
        import pickle
        from lesson8 import DATA, DiabetesDataset
        dataset = pickle.loads(pickle.dumps(DiabetesDataset(DATA / "breast_cancer.csv")))
        """, "len(dataset) == 569", elsewhere=["Can't get local object"])],
    [Case(["An attempt has been made to start a new process"], """
        run_file('''
        import multiprocessing
        spawn = multiprocessing.get_context("spawn")    # as DataLoader has it on Windows
        worker = spawn.Process(target=print, args=("hello",))
        worker.start()
        worker.join()
        ''')
        """, """
        printed = run_file('''
        import multiprocessing
        if __name__ == "__main__":
            spawn = multiprocessing.get_context("spawn")
            worker = spawn.Process(target=print, args=("hello",))
            worker.start()
            worker.join()
        ''')
        """, "printed == 'hello'")],
    # ------------------------------------------------------------------------------ lecture 9
    [Case(["output with shape [1, 28, 28] doesn't match the broadcast shape [3, 28, 28]"], """
        from torchvision import transforms
        x = torch.zeros(1, 28, 28)
        transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(x)
        """, """
        x = transforms.Normalize((0.1307,), (0.3081,))(x)
        """, "torch.allclose(x, torch.tensor(-0.1307 / 0.3081))")],
    [Case(["view size is not compatible with input tensor's size and stride"], """
        from lesson9 import Net
        x = torch.arange(2.0 * 784).view(2, 1, 28, 28).transpose(2, 3)
        Net()(x)
        """, """
        Net()(x.contiguous())
        flat = x.reshape(-1, 784)
        """, "flat[0, :3].tolist() == [0, 28, 56]")],
    [Case(["Target 10 is out of bounds"], """
        scores, y = torch.zeros(3, 10), torch.tensor([1, 5, 10])
        nn.CrossEntropyLoss()(scores, y)
        """, """
        loss = nn.CrossEntropyLoss()(scores, y - 1)
        """, "abs(loss.item() - math.log(10)) < 1e-5")],
    [Case(["expected target dtype to be Long or Byte, but got Float"], """
        scores, y = torch.zeros(3, 10), torch.tensor([1.0, 5.0, 9.0])
        nn.CrossEntropyLoss()(scores, y)
        """, """
        loss = nn.CrossEntropyLoss()(scores, y.long())
        """, "abs(loss.item() - math.log(10)) < 1e-5",
          elsewhere=["expected scalar type Long but found Float"])],
    [Case(["0D or 1D target tensor expected, multi-target not supported"], """
        scores, y = torch.zeros(3, 10), torch.tensor([[1], [5], [9]])
        nn.CrossEntropyLoss()(scores, y)
        """, """
        loss = nn.CrossEntropyLoss()(scores, y.squeeze(1))
        """, "abs(loss.item() - math.log(10)) < 1e-5")],
    [Case(["Expected input batch_size (192) to match target batch_size (64)"], """
        net = nn.Linear(784, 10)
        x, y = torch.zeros(64, 3, 28, 28), torch.zeros(64, dtype=torch.long)
        loss = F.cross_entropy(net(x.view(-1, 784)), y)
        """, """
        x = x.mean(dim=1, keepdim=True)
        scores = net(x.view(x.size(0), -1))
        loss = F.cross_entropy(scores, y)
        """, "scores.shape == (64, 10)")],
    [Case(["softmax"], """
        y = torch.tensor([3, 7])
        scores = 100 * F.one_hot(y, 10).float()
        loss = nn.CrossEntropyLoss()(scores.softmax(dim=1), y)
        """, """
        loss = nn.CrossEntropyLoss()(scores, y)
        """, "loss.item() == 0", harm="round(loss.item(), 2) == 1.46")],
    # ----------------------------------------------------------------------------- lecture 10
    [Case(["Given groups=1, weight of size [10, 1, 5, 5] ... to have 1 channels, but got 64"], """
        from lesson10 import Net
        x = torch.zeros(64, 28, 28)
        Net()(x)
        """, """
        scores = Net()(x.unsqueeze(1))
        """, "scores.shape == (64, 10)")],
    [Case(["Input type (...) and ... type (...) should be the same"], """
        from lesson10 import Net
        x = torch.full((2, 1, 28, 28), 255, dtype=torch.uint8)
        Net()(x)
        """, """
        x = (x.float() / 255 - 0.1307) / 0.3081
        scores = Net()(x)
        """, "scores.shape == (2, 10) and abs(x.max().item() - 2.8215) < 1e-3")],
    [Case(["mat1 and mat2 shapes cannot be multiplied (64x500 and 320x10)"], """
        from lesson10 import Net
        model, x = Net(), torch.zeros(64, 1, 32, 32)
        model(x)
        """, """
        model.fc = nn.Linear(500, 10)
        scores = model(x)
        """, "scores.shape == (64, 10)")],
    [Case(["mat1 and mat2 shapes cannot be multiplied (20x16 and 320x10)"], """
        from lesson10 import Net
        model, x = Net(), torch.zeros(1, 28, 28)
        model(x)
        """, """
        scores = model(x.unsqueeze(0))
        """, "scores.shape == (1, 10)")],
    [Case(["Calculated padded input size per channel: (4 x 4) ... "
           "Kernel size can't be greater than actual input size"], """
        from lesson10 import Net
        x = torch.zeros(1, 1, 12, 12)
        Net()(x)
        """, """
        scores = Net()(F.interpolate(x, size=(28, 28)))
        """, "scores.shape == (1, 10)")],
    [Case(["only batches of spatial targets supported"], """
        model = nn.Sequential(nn.Conv2d(1, 10, kernel_size=5), nn.AdaptiveAvgPool2d(1))
        x, y = torch.zeros(3, 1, 28, 28), torch.tensor([1, 5, 9])
        nn.CrossEntropyLoss()(model(x), y)
        """, """
        scores = model(x).flatten(start_dim=1)
        loss = nn.CrossEntropyLoss()(scores, y)
        """, "scores.shape == (3, 10) and loss.item() > 0")],
    # That torch has the table's sentence for a GPU, another test looks up.
    [Case(["Expected all tensors to be on the same device"], """
        from lesson10 import Net
        device = torch.device("meta")
        model, x = Net().to(device), torch.zeros(1, 1, 28, 28)
        model(x)
        """, """
        scores = model.to(device)(x.to(device))
        """, "scores.shape == (1, 10) and scores.device == device",
          stand_in="Tensor on device meta is not on the expected device cpu!")],
    # ----------------------------------------------------------------------------- lecture 11
    [Case(["Sizes of tensors must match except in dimension 1"], """
        from lesson11 import InceptionA
        block = InceptionA(10)
        block.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3)
        block(torch.zeros(1, 10, 12, 12))
        """, """
        block.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3, padding=1)
        maps = block(torch.zeros(1, 10, 12, 12))
        """, "maps.shape == (1, 88, 12, 12)"),
     Case(["Sizes of tensors must match except in dimension 1"], """
        from lesson11 import Net
        model, x = Net(), torch.zeros(1, 28, 28)
        model(x)
        """, """
        scores = model(x.unsqueeze(0))
        """, "scores.shape == (1, 10)")],
    [Case(["The size of tensor a (16) must match the size of tensor b (32) at non-singleton"], """
        from lesson11_2 import ResidualBlock

        class Wider(ResidualBlock):
            def __init__(self):
                super().__init__(16)
                self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
        Wider()(torch.zeros(1, 16, 12, 12))
        """, """
        class Wider(ResidualBlock):
            def __init__(self):
                super().__init__(16)
                self.conv2 = nn.Conv2d(16, 32, kernel_size=3, padding=1)
                self.shortcut = nn.Conv2d(16, 32, kernel_size=1)

            def forward(self, x):
                y = self.conv2(F.relu(self.conv1(x)))
                return F.relu(self.shortcut(x) + y)
        """, "Wider()(torch.zeros(1, 16, 12, 12)).shape == (1, 32, 12, 12)")],
    [Case(["one of the variables needed for gradient computation has been modified by an inplace "
           "operation"], """
        from lesson11_2 import ResidualBlock
        block, x = ResidualBlock(2), torch.ones(1, 2, 4, 4)
        y = F.relu(block.conv1(x))
        y += x
        y.sum().backward()
        """, """
        y = F.relu(block.conv1(x))
        y = y + x
        y.sum().backward()
        """, "block.conv1.weight.grad is not None")],
    [Case(["model.eval()"], """
        from lesson11_4 import DenseBlock, Net
        model, x = Net(DenseBlock, 2), torch.randn(5, 1, 28, 28)
        with torch.no_grad():
            together, alone = model(x)[0], model(x[:1])[0]
        """, """
        model.eval()
        with torch.no_grad():
            together, alone = model(x)[0], model(x[:1])[0]
        model.train()
        """, "torch.allclose(together, alone, atol=1e-5) and model.training",
          harm="not torch.allclose(together, alone, atol=1e-2)"),
     Case(["model.eval()"], """
        from lesson13 import RNNClassifier, make_tensors, number_letters
        model = RNNClassifier(128, 100, 3, n_layers=2, dropout=0.5)
        x, lengths, _ = make_tensors(["muller"], [0], number_letters([]))
        first, second = model(x, lengths), model(x, lengths)
        """, """
        model.eval()
        first, second = model(x, lengths), model(x, lengths)
        """, "torch.equal(first, second)", harm="not torch.allclose(first, second, atol=1e-3)")],
    [Case(["Missing key(s) in state_dict", 'Unexpected key(s) in state_dict: "module.'], """
        from lesson11_2 import Net
        parallel, model = nn.DataParallel(Net()), Net()
        model.load_state_dict(parallel.state_dict())
        """, """
        model.load_state_dict(parallel.module.state_dict())
        """, "torch.equal(model.fc.weight, parallel.module.fc.weight)")],
    [Case(['Unexpected key(s) in state_dict: "_orig_mod.'], """
        from lesson10 import Net
        model = Net()
        compiled = torch.compile(model)
        saved = compiled.state_dict()
        Net().load_state_dict(saved)
        """, """
        saved = model.state_dict()
        other = Net()
        other.load_state_dict(saved)
        """, "torch.equal(other.fc.weight, compiled.fc.weight)")],
    # ----------------------------------------------------------------------------- lecture 12
    [Case(["Expected hidden size (1, 1, 4), got [1, 2, 4]"], """
        from lesson12_2 import Model
        model, x = Model(4, 4), torch.zeros(5, 1, 4)
        model.rnn(x, torch.zeros(1, 2, 4))
        """, """
        output, _ = model.rnn(x)
        """, "output.shape == (5, 1, 4)")],
    [Case(["input.size(-1) must be equal to input_size"], """
        from lesson12_2 import Model
        model, x = Model(4, 4), torch.tensor([1, 0, 2, 2, 3])
        model(x.float().view(5, 1, 1))
        """, """
        inputs = F.one_hot(x, 4).float().view(5, 1, 4)
        logits = model(inputs)
        """, "logits.shape == (5, 4)")],
    [Case(["Expected tensor for argument #1 'indices' to have one of the following"], """
        from lesson12_3 import Model
        x = torch.tensor([[1.0, 0.0, 2.0, 2.0, 3.0]])
        model = Model(4, 10, 8, 2)
        model(x)
        """, """
        logits = model(x.long())
        """, "logits.shape == (5, 4)")],
    [Case(["must be Tensor, not tuple"], """
        rnn, linear = nn.LSTM(4, 8), nn.Linear(8, 4)
        x = torch.zeros(5, 1, 4)
        nn.Sequential(rnn, linear)(x)
        """, """
        output, _ = rnn(x)
        logits = linear(output)
        """, "logits.shape == (5, 1, 4)")],
    # ----------------------------------------------------------------------------- lecture 13
    [Case(["expected sequence of length 6 at dim 1 (got 2)"], """
        rows = [[ord(letter) for letter in name] for name in ("muller", "li")]
        x = torch.tensor(rows)
        """, """
        from torch.nn.utils.rnn import pad_sequence
        x = pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
        """, "x.shape == (2, 6)")],
    [Case(["index out of range in self"], """
        from lesson13 import RNNClassifier, make_tensors, number_letters
        model = RNNClassifier(128, 100, 3)
        model(torch.tensor([[ord("m"), ord("ü")]]), torch.tensor([2]))
        """, """
        from files import plain
        x, lengths, _ = make_tensors([plain("Mü")], [0], number_letters([]))
        scores = model(x, lengths)
        """, "scores.shape == (1, 3)")],
    [Case(["'lengths' argument should be a 1D CPU int64 tensor"], """
        from lesson13 import RNNClassifier, make_tensors, number_letters
        device = torch.device("meta")
        model = RNNClassifier(128, 100, 3).to(device)
        x, lengths, _ = make_tensors(["muller", "li"], [0, 1], number_letters([]))
        model(x.to(device), lengths.to(device))
        """, """
        lengths = torch.tensor([6, 2])
        scores = model(x.to(device), lengths.cpu())
        """, "scores.shape == (2, 3)")],
    [Case(["array must be sorted in decreasing order"], """
        from torch.nn.utils.rnn import pack_padded_sequence
        x, lengths = torch.zeros(2, 6, 4), torch.tensor([2, 6])
        pack_padded_sequence(x, lengths, batch_first=True)
        """, """
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        """, "packed.batch_sizes.tolist() == [2, 2, 1, 1, 1, 1]")],
    [Case(["Length of all samples has to be greater than 0"], """
        from files import plain
        from lesson13 import RNNClassifier, make_tensors, number_letters
        model, names = RNNClassifier(128, 100, 3), ["li", " "]
        x, lengths, _ = make_tensors([plain(name) for name in names], [0, 1], number_letters([]))
        model(x, lengths)
        """, """
        names = [name for name in names if plain(name)]
        x, lengths, _ = make_tensors(names, [0], number_letters([]))
        scores = model(x, lengths)
        """, "scores.shape == (1, 3)")],
    [Case(["Expected target size [2, 5], got [2, 3]"], """
        from lesson13_2 import CharModel
        x, y = torch.zeros(2, 3, dtype=torch.long), torch.ones(2, 3, dtype=torch.long)
        logits, _ = CharModel(5)(x)
        nn.CrossEntropyLoss()(logits, y)
        """, """
        loss = nn.CrossEntropyLoss()(logits.flatten(0, 1), y.flatten())
        """, "torch.isclose(loss, -logits.log_softmax(dim=2)[:, :, 1].mean())")],
    [Case(["size mismatch for fc.weight"], """
        from lesson13 import RNNClassifier
        saved, model = RNNClassifier(128, 100, 18).state_dict(), RNNClassifier(128, 100, 19)
        model.load_state_dict(saved)
        """, """
        model = RNNClassifier(128, 100, 18)
        model.load_state_dict(saved)
        """, "torch.equal(model.fc.weight, saved['fc.weight'])")],
    [Case(["Weights only load failed"], """
        import io
        from lesson5 import LinearModel
        model, file = LinearModel(), io.BytesIO()
        torch.save(model, file)
        file.seek(0)
        torch.load(file, weights_only=True)
        """, """
        file = io.BytesIO()
        torch.save(model.state_dict(), file)
        file.seek(0)
        other = LinearModel()
        other.load_state_dict(torch.load(file, weights_only=True))
        """, "torch.equal(other.linear.weight, model.linear.weight)")],
]
CASES = [case for row in ROWS for case in row]


# ------------------------------------------------------------------------------- the snippets
@pytest.fixture
def session(tmp_path):
    """What the snippets find: torch as the lessons import it, and run_file."""
    def run_file(text):
        """Run text as a script; return what it prints, raise what is on stderr."""
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        run = subprocess.run([sys.executable, str(path)], capture_output=True, encoding="utf-8",
                             timeout=60)
        if run.stderr:
            raise RuntimeError(run.stderr)
        return run.stdout.strip()

    torch.set_num_threads(1)
    torch.manual_seed(0)
    return {"__name__": "copied", "torch": torch, "nn": nn, "F": F, "np": np, "math": math,
            "run_file": run_file}


def said_by(code, names):
    """The warnings and the error of some lines, with single spaces."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(textwrap.dedent(code), names)
            errors = []
        except Exception as error:
            errors = [str(error)]
    said = " ".join([str(warning.message) for warning in caught] + errors)
    return " ".join(said.split())


def found(quoted, said):
    """Does a message say what the table quotes of it?"""
    pieces = [re.escape(piece.strip()) for piece in quoted.split("...")]
    return re.search(".*".join(pieces), said) is not None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says[0].replace(" ", "_"))
def test_a_mistake_says_so_and_its_mend_mends(case, session):
    said = said_by(case.wrong, session)
    if case.harm:       # the worst kind: a wrong number in silence
        assert said == ""
        assert eval(case.harm, session)
    else:
        wanted = [case.stand_in] if case.stand_in else case.says
        assert all(found(quoted, said) for quoted in wanted) or any(
            found(quoted, said) for quoted in case.elsewhere), said
    exec(textwrap.dedent(case.mended), session)
    assert eval(case.right, session)


def test_the_sentence_about_devices_is_in_torch():
    """It takes a GPU to hear it."""
    libraries = Path(torch.__file__).parent / "lib"
    places = []
    for path in [*libraries.glob("libtorch_cpu.*"), *libraries.glob("torch_cpu.dll")]:
        with open(path, "rb") as file, \
                mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            places.append(content.find(b"Expected all tensors to be on the same device, but"))
    assert places and max(places) > 0


# ---------------------------------------------------------------------------------- the table
def code_spans(cell):
    """What stands in backquotes, with single spaces."""
    pieces = re.findall(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", cell)
    return [" ".join(code.replace(r"\|", "|").split()) for _, code in pieces]


def table_of(text):
    """(lecture, messages, mends) of each row in the section of errors: an int or None, two lists of
    what stands in backquotes. [] where there is no such section."""
    start = re.search(HEADING, text)
    if not start:
        return []
    level, section = len(start[1]), text[start.end():]
    section = re.split(rf"(?m)^#{{1,{level}}} ", section)[0]
    rows, columns = [], None
    for line in section.split("\n"):
        if not line.strip().startswith("|"):
            columns = None
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if columns is None:         # the head of a table
            columns = {}
            for i, cell in enumerate(cells):
                for name, titles in (("lecture", "讲|Lecture"), ("message", "报错|Message"),
                                     ("mend", "改法|Mend")):
                    if re.match(titles, cell):
                        columns[name] = i
        elif set(line) - set("|-: \t"):
            lecture = re.search(r"\d+", cells[columns["lecture"]]) if "lecture" in columns else None
            rows.append((int(lecture[0]) if lecture else None,
                         code_spans(cells[columns["message"]]), code_spans(cells[columns["mend"]])))
    return rows


def check_table(text):
    """What is wrong with an edition's table: rows without snippets, snippets without a row, mends
    that are not tried, lectures out of order."""
    bad, rows = [], table_of(text)
    wanted = []
    for row in ROWS:
        messages = dict.fromkeys(quoted for case in row for quoted in case.says + case.elsewhere)
        wanted.append(sorted(messages))
    messages = [sorted(row[1]) for row in rows]
    bad += [f"no snippet for the row {row}" for row in messages if row not in wanted]
    bad += [f"no row for the snippet {row}" for row in wanted if row not in messages]
    if not bad and messages != wanted:
        bad.append("the rows stand in another order than the snippets, or twice")
    for _, quoted, mends in rows:
        if sorted(quoted) in wanted:
            cases = ROWS[wanted.index(sorted(quoted))]
            tried = " ".join(" ".join(case.mended for case in cases).split())
            bad += [f"{quoted}: not in its mended lines: {mend}" for mend in mends
                    if mend not in tried]
            if not mends:
                bad.append(f"{quoted}: a mend without code")
    lectures = [row[0] for row in rows if row[0]]
    if lectures != sorted(lectures):
        bad.append(f"lectures out of order: {lectures}")
    return bad


def test_the_table_of_the_notes_is_what_is_tried_here():
    texts = [path.read_text(encoding="utf-8") for path in EDITIONS]
    tables = [table_of(text) for text in texts]
    chinese, english = ([(quoted, sorted(mends)) for _, quoted, mends in table] for table in tables)
    assert chinese == english
    for text in texts:
        assert check_table(text) == []


def made(rows):
    """A piece of notes with the table of these rows of ROWS."""
    lines = ["## Common errors", "", "| Message | Cause | Mend |", "|---|---|---|"]
    for row in rows:
        quoted = dict.fromkeys(text for case in row for text in case.says + case.elsewhere)
        mend = row[0].mended.strip().split("\n")[0]
        lines.append("| " + ", ".join(f"`{text}`" for text in quoted) + f" | why | `{mend}` |")
    return "\n".join(lines) + "\n\n## Next\n\n| Message | Mend |\n|---|---|\n| `x` | `y` |\n"


def test_a_wrong_table_is_found():
    text = made(ROWS)
    assert len(ROWS) >= 25 and len(table_of(text)) == len(ROWS)
    assert check_table(text) == []
    assert table_of("## Lecture 4\n\ntext\n") == []
    assert check_table(made(ROWS[1:])) != []
    assert check_table(made([ROWS[1], ROWS[0], *ROWS[2:]])) != []
    assert check_table(made([*ROWS, ROWS[0]])) != []
    assert check_table(text.replace("`w.grad.zero_()`", "`w.grad.zero()`")) != []
    assert check_table(text.replace("does not require grad", "requires no grad")) != []


def test_a_message_is_compared():
    assert found("Kernel (5 x 5) ... input", "a Kernel (5 x 5). Or another input")
    assert not found("Kernel (5 x 5) ... input", "a Kernel (5 x 5). Or another")
    assert not found("Kernel (5 x 5)", "a Kernel (5 x 4)")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, *(check_table(Path(name).read_text(encoding="utf-8")) or ["all right"]),
              sep="\n")
