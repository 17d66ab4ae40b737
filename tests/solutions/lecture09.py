"""Solutions of lecture 9, and changes to them that readers make: each must be seen."""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def nll(log_p, y):
    return -log_p[range(len(y)), y].mean()


def cross_entropy(z, y):
    return nll(F.log_softmax(z, dim=1), y)


def class_numbers(labels):
    return torch.tensor([int(label.removeprefix("Class_")) - 1 for label in labels])


def probabilities(scores):
    return scores.softmax(dim=1)


def log_loss(p, labels):
    true = p[range(len(labels)), class_numbers(labels)]     # (N,)
    return -true.clamp(min=1e-15).log().mean()


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.l1 = nn.Linear(6, 8)
        self.l2 = nn.Linear(8, 4)

    def forward(self, x):
        return self.l2(F.relu(self.l1(x)))

    def predict(self, x):
        return self(x).softmax(dim=1)


def log_softmax(z):
    z = z - z.max(dim=1, keepdim=True).values
    return z - z.exp().sum(dim=1, keepdim=True).log()


@torch.no_grad()
def accuracy(model, loader):
    model.eval()
    right = samples = 0
    for x, y in loader:
        right += (model(x).argmax(dim=1) == y).sum().item()
        samples += len(y)
    return right / samples


def pixel_statistics(images):
    pixels = images / 255
    return pixels.mean(), pixels.std()


def normalise(images, mean, deviation):
    return (images.unsqueeze(1) / 255 - mean) / deviation


def gradient_of_scores(z, y):
    p = z.exp() / z.exp().sum(dim=1, keepdim=True)
    return (p - F.one_hot(y, z.shape[1])) / len(y)


def choose_lr(model, x_train, y_train, x_val, y_val, rates, epochs):
    losses = []
    for rate in rates:
        candidate = copy.deepcopy(model)
        optimizer = torch.optim.SGD(candidate.parameters(), lr=rate)
        for _ in range(epochs):
            loss = F.cross_entropy(candidate(x_train), y_train)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            losses.append(F.cross_entropy(candidate(x_val), y_val).item())
    return rates[losses.index(min(losses))]


def run_epoch(model, loader, optimizer):
    model.train()
    for inputs, target in loader:
        loss = F.cross_entropy(model(inputs), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def share_right(model, loader):
    model.eval()
    correct = total = 0
    with torch.no_grad():
        for inputs, target in loader:
            predicted = model(inputs).argmax(dim=1)
            correct += (predicted == target).sum().item()
            total += len(target)
    return correct / total


def stop_early(val_losses, patience):
    best = 1
    for epoch, loss in enumerate(val_losses, start=1):
        if loss < val_losses[best - 1]:
            best = epoch
        if epoch - best == patience:
            break
    return best, epoch


MISTAKES = {
    "9-1": [("nll(F.log_softmax(z, dim=1), y)", "F.cross_entropy(z, y)"),
            ("-log_p[range(len(y)), y].mean()", "log_p[range(len(y)), y].mean()"),
            (".mean()", ".sum()"), ("range(len(y)), y", ":, y"), ("dim=1", "dim=0"),
            ("F.log_softmax", "F.softmax"), ("F.log_softmax(z, dim=1)", "z")],
    "9-2": [(" - 1", ""), ("dim=1", "dim=0"), (".clamp(min=1e-15)", ""),
            ("scores.softmax(dim=1)", "torch.sigmoid(scores)"), (".log()", ".log10()"),
            ("[int(label", "[float(label")],
    "9-3": [("self.l2(F.relu(self.l1(x)))", "self.l2(F.relu(self.l1(x))).softmax(dim=1)"),
            ("self.l2(F.relu(self.l1(x)))", "F.relu(self.l2(F.relu(self.l1(x))))"),
            ("self(x).softmax(dim=1)", "self(x).softmax(dim=0)"),
            ("self(x).softmax(dim=1)", "torch.sigmoid(self(x))")],
    "9-4": [("z - z.exp().sum(dim=1, keepdim=True).log()", "z.log_softmax(dim=1)"),
            ("z = z - z.max(dim=1, keepdim=True).values", "z = z"), ("z.max(dim=1, keepdim=True)"
             ".values", "z.max()"), ("dim=1, keepdim=True).log", "dim=0, keepdim=True).log"),
            ("z - z.exp().sum", "z.exp().sum")],
    "9-5": [("    return right / samples", "    return right / len(loader)"),
            ("    model.eval()\n", ""), ("    model.eval()\n", "    model.train()\n"),
            ("right += (model(x).argmax(dim=1) == y).sum().item()\n        samples += len(y)",
             "right += (model(x).argmax(dim=1) == y).float().mean().item()\n        samples += 1"),
            ("argmax(dim=1)", "argmax(dim=0)")],
    "9-6": [("pixels = images / 255", "pixels = images.float()"),
            ("pixels.std()", "pixels.std(dim=(1, 2)).mean()"), ("pixels.std()", "pixels.var()"),
            (".unsqueeze(1)", ""), (".unsqueeze(1) / 255", ".unsqueeze(1)"),
            ("/ deviation", "/ deviation**2")],
    "9-7": [(" / len(y)", ""), ("p - F.one_hot(y, z.shape[1])", "F.one_hot(y, z.shape[1]) - p"),
            ("dim=1, keepdim", "dim=0, keepdim"), ("(p - F.one_hot(y, z.shape[1]))", "p")],
    "9-8": [("copy.deepcopy(model)", "model"),
            ("optimizer = torch.optim.SGD(candidate.parameters(), lr=rate)",
             "optimizer = torch.optim.SGD(candidate.parameters(), lr=rates[0])"),
            ("min(losses)", "max(losses)"), ("rates[losses.index(min(losses))]", "min(losses)")],
    "9-9": [("    model.train()\n", "    model.eval()\n"),
            ("F.cross_entropy(model(inputs), target)",
             "F.cross_entropy(model(inputs).softmax(dim=1), target)"),
            (".sum().item()\n            total += len(target)",
             ".float().mean().item()\n            total += 1"),
            ("        optimizer.zero_grad()\n", "")],
    "9-10": [("loss < val", "loss <= val"), ("return best, epoch", "return epoch, best"),
             ("epoch - best == patience", "epoch - best > patience"), ("start=1", "start=0"),
             ("return best, epoch", "return best, len(val_losses)"),
             ("loss < val_losses[best - 1]", "loss < val_losses[epoch - 2]")],
}
ALSO_RIGHT = {
    "9-1": [("log_p[range(len(y)), y]", "log_p.gather(1, y.unsqueeze(1))"),
            ("F.log_softmax(z, dim=1)", "(z - z.logsumexp(dim=1, keepdim=True))")],
    "9-2": [("true.clamp(min=1e-15)", "torch.maximum(true, torch.tensor(1e-15))"),
            ('label.removeprefix("Class_")', "label[-1]")],
    "9-4": [("    z = z - z.max(dim=1, keepdim=True).values\n",
             "    z -= z.max(dim=1, keepdim=True).values\n")],
    "9-6": [("pixels.std()", "pixels.std(correction=0)"),
            (".unsqueeze(1) / 255 - mean", "[:, None].float().div(255) - mean")],
}
