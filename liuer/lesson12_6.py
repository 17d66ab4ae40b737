"""Lesson 12.6: exploding gradients, and clipping them.

    norm = sqrt(sum of the squares of all gradients)
    if norm > limit:  gradient = gradient · limit / norm        shorter, same direction

An RNN counts the ones in a row of zeros and ones. Its states are ReLUs: they have no ceiling, as
tanh has, and the gradient explodes. PyTorch does not raise an error: the loss silently becomes
inf, then nan, and so do all the weights. Clipped, the same net learns to count.

Run:     python liuer/lesson12_6.py                 (--help lists the settings)
Prints:  test accuracy 99.2% with clipping (without: nan in step 5)
Notes:   liuer/README.md, lecture 12
"""

import math

import torch
from torch import nn

from utils import plot_curve, settings, show


class CountingRNN(nn.Module):
    def __init__(self, hidden_size):
        super().__init__()
        self.rnn = nn.RNN(1, hidden_size, nonlinearity="relu", batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):               # (N, T, 1)
        output, _ = self.rnn(x)         # (N, T, H)
        return self.fc(output)          # (N, T, 1)  how many ones so far


def gradient_norm(model):
    """The length of all gradients together, as one long vector."""
    total = 0.0
    for parameter in model.parameters():
        total += parameter.grad.square().sum().item()
    return math.sqrt(total)


@torch.no_grad()
def count_right(model, x):
    """Share of the sequences (N, T, 1) whose ones are counted right at the end."""
    model.eval()
    counts = model(x)[:, -1].round()                    # (N, 1)
    return (counts == x.sum(dim=1)).float().mean().item()


def main(steps=800, clip=0.01, lr=0.5, batch_size=20, seed=0):
    """Train the same RNN without and with clipping; return both losses and the share of right.

    steps: updates, each with new sequences
    clip: largest norm of the gradient in the second run
    lr: learning rate of SGD, falling to 0
    batch_size: sequences a step
    seed: of the weights and the sequences
    """
    # 1. Prepare data: to test on; training makes new sequences in every step
    torch.manual_seed(seed)
    x_test = torch.randint(2, (500, 20, 1)).float()     # (N, T, 1)

    losses = {}
    for limit in (0, clip):                             # 0: no clipping
        torch.manual_seed(seed)                         # the same weights and sequences for both

        # 2. Define model
        model = CountingRNN(hidden_size=32)

        # 3. Loss and optimizer: lr and clip were chosen by the training loss
        criterion = nn.MSELoss()
        optimizer = torch.optim.SGD(model.parameters(), lr, momentum=0.9)
        scheduler = torch.optim.lr_scheduler.LinearLR(
            optimizer, start_factor=1, end_factor=0, total_iters=steps)

        # 4. Training cycle
        label = "with clipping" if limit else "without clipping"
        print(label)
        losses[label] = []
        model.train()
        for step in range(1, steps + 1):
            inputs = torch.randint(2, (batch_size, 20, 1)).float()      # (N, T, 1)
            target = inputs.cumsum(dim=1)                               # (N, T, 1)
            outputs = model(inputs)                                     # forward
            loss = criterion(outputs, target)
            optimizer.zero_grad()
            loss.backward()                                             # backward
            norm = gradient_norm(model)                                 # before it is clipped
            if limit:
                nn.utils.clip_grad_norm_(model.parameters(), limit)
            optimizer.step()                                            # update
            scheduler.step()
            losses[label].append(loss.item())
            if step <= 5 or step == steps or step % max(1, steps // 10) == 0:
                print(f"step {step:4d}/{steps} | loss {loss.item():8.2e} | gradient {norm:8.2e}")
            if math.isnan(loss.item()):
                break                                   # the weights are nan: no step can mend it

    accuracy = count_right(model, x_test)
    unclipped = losses["without clipping"]
    outcome = "not nan"
    if math.isnan(unclipped[-1]):
        outcome = f"nan in step {len(unclipped)}"
    print(f"test accuracy {accuracy:.1%} with clipping (without: {outcome})")
    return {"losses": losses["with clipping"], "unclipped": unclipped, "accuracy": accuracy}


def draw(result):
    """Both losses, without clipping up to the last one that is a number."""
    unclipped = [loss for loss in result["unclipped"] if math.isfinite(loss)]
    label = f"without clipping: {len(unclipped)} steps, then inf and nan"
    if len(unclipped) == len(result["unclipped"]):
        label = "without clipping"
    figure = plot_curve({label: unclipped, "with clipping": result["losses"]}, xlabel="step")
    figure.axes[0].set_yscale("log")
    return figure


if __name__ == "__main__":
    result = main(**settings(main))
    show(draw(result), "lesson12_6")
