"""Solutions of lecture 6, and changes to them that readers make: each must be seen."""

import torch


def stable_bce(z, y):
    return (torch.logaddexp(torch.zeros_like(z), z) - y * z).mean()


def gradient(w, x, y):
    y_pred = torch.sigmoid(x @ w)
    return (y_pred - y) @ x / len(x)


def two_scores(z):
    return torch.stack([torch.zeros_like(z), z], dim=1)


def accuracy(z, y):
    predicted = z[:, 0] > 0
    return (predicted == (y == 1)).float().mean().item()


MISTAKES = {
    "6-1": [("(torch.logaddexp(torch.zeros_like(z), z) - y * z).mean()",
             "torch.nn.functional.binary_cross_entropy_with_logits(z, y)"),
            ("torch.logaddexp(torch.zeros_like(z), z)", "torch.log(1 + torch.exp(z))"),
            ("(torch.logaddexp(torch.zeros_like(z), z) - y * z)",
             "-(y * torch.sigmoid(z).log() + (1 - y) * (1 - torch.sigmoid(z)).log())"),
            ("(torch.logaddexp(torch.zeros_like(z), z) - y * z)",
             "-torch.where(y == 1, torch.sigmoid(z), torch.sigmoid(-z)).clamp(min=1e-7).log()"),
            (".mean()", ".sum()"), ("- y * z", "+ y * z")],
    "6-2": [(" / len(x)", ""), ("(y_pred - y)", "(y - y_pred)"),
            ("(y_pred - y)", "((y_pred - y) * y_pred * (1 - y_pred))"),
            ("torch.sigmoid(x @ w)", "x @ w")],
    "6-3": [("torch.zeros_like(z), z", "z, torch.zeros_like(z)"), ("dim=1", "dim=0"),
            ("torch.zeros_like(z), z", "-z, z"),
            ("torch.zeros_like(z), z", "1 - torch.sigmoid(z), torch.sigmoid(z)")],
    "6-4": [("> 0", "> 0.5"), ("> 0", ">= 0"), ("z[:, 0]", "z"), (".mean()", ".sum()"),
            ("z[:, 0] > 0", "z[:, 0] < 0")],
}
ALSO_RIGHT = {
    "6-1": [("torch.logaddexp(torch.zeros_like(z), z)", "torch.nn.functional.softplus(z)"),
            ("torch.logaddexp(torch.zeros_like(z), z)",
             "z.clamp(min=0) + torch.log1p(torch.exp(-abs(z)))")],
    "6-2": [("(y_pred - y) @ x / len(x)", "((y_pred - y)[:, None] * x).mean(dim=0)")],
    "6-3": [("torch.zeros_like(z), z", "-z / 2, z / 2")],
    "6-4": [("z[:, 0] > 0", "torch.sigmoid(z).squeeze(1) > 0.5")],
}
