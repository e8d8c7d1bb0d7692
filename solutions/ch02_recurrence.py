# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Recurrence
#
# A feed-forward network answers from its input alone.
# A recurrent network also hands itself a note, the *state* $h$, and reads that note at the next step.
# In this notebook you write that loop three times: one turn of it, the whole loop, and the same turn as a PyTorch
# module.
#
# The rules are the same everywhere:
#
# - Batch first: `B` examples, `T` time steps, `D` input features, `H` hidden units.
# - Weights are applied from the right: `x @ Wx + h @ Wh + b`.
# - Functions are pure: they change nothing that is passed in, and remember nothing between calls.
# - Each exercise stands alone. You can do them in any order, and leave one out.
#
# Write your answer in place of the line that raises `NotImplementedError`, then run the cell below it.

# %%
import numpy as np

Array = np.ndarray

# %% [markdown] statement="rnn_step"
# ## One turn of the loop: `rnn_step`
#
# The network is at step $t$.
# It sees the new input $x_t$ and its own state from the step before, $h_{t-1}$.
# What is its new state?
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$$
#
# The input and the old state are each mixed by a matrix of their own, the two results and the bias are added, and
# only then does $\tanh$ press the sum into the range between $-1$ and $1$.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, D)` | the inputs at this step |
# | `h_prev` | `(B, H)` | the state before this step |
# | `Wx` | `(D, H)` | from input to state |
# | `Wh` | `(H, H)` | from old state to new state |
# | `b` | `(H,)` | the bias |
# | returns | `(B, H)` | the state after this step |
#
# **By hand**, with `B=1`, `D=1`, `H=2`:
#
# ```text
# x @ Wx      = [[2]] @ [[0.5, -0.5]]          = [[1, -1]]
# h_prev @ Wh = [[1, -1]] @ [[0, 1], [0.5, 0]] = [[-0.5, 1]]
# b           = [0, 1]
# their sum   = [[0.5, 1]]
# its tanh    = [[0.4621, 0.7616]]
# ```

# %% [markdown] hints="rnn_step"
# 1. Which two things does the new state depend on, and which of them would a feed-forward layer not have?
# 2. `x @ Wx` and `h_prev @ Wh` both have the shape `(B, H)`, so they can be added. `b` has the shape `(H,)`, and
#    NumPy adds it to every row by itself.
# 3. It is one line: `np.tanh` of the sum of three terms, namely `x @ Wx`, `h_prev @ Wh` and `b`.


# %% exercise="rnn_step" points=4 minutes=5 difficulty=1
def rnn_step(x: Array, h_prev: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    """One step of a recurrent network: x (B, D), h_prev (B, H) -> h (B, H)."""
    ### BEGIN SOLUTION
    return np.tanh(x @ Wx + h_prev @ Wh + b)
    ### END SOLUTION


# %% [markdown] statement="rnn_forward"
# ## The whole loop: `rnn_forward`
#
# A sequence arrives one step at a time, and every step uses the same weights.
# Which states does the network go through?
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b), \qquad t = 0, \dots, T-1$$
#
# The state before the first step is given: $h_{-1}$ is `h0`.
# It is used once, at the first step, and it is not among the results.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, T, D)` | the inputs; `x[:, t]` is what arrives at step `t` |
# | `h0` | `(B, H)` | the state before the first step |
# | `Wx`, `Wh`, `b` | `(D, H)`, `(H, H)`, `(H,)` | the weights, the same at every step |
# | returns | `(B, T, H)` | all states; `hs[:, t]` is the state after step `t` |
#
# This exercise does not need your `rnn_step`: write the equation once more inside the loop.
#
# **By hand**, with `B=1`, `T=3`, `D=1`, `H=1`, the inputs 0.5, 0, 0, a weight of 1 in `Wx` and of 0.5 in `Wh`, and no
# bias:
#
# ```text
# h0       = 1
# hs[:, 0] = tanh(0.5 + 0.5*1)    = 0.7616
# hs[:, 1] = tanh(0 + 0.5*0.7616) = 0.3634
# hs[:, 2] = tanh(0 + 0.5*0.3634) = 0.1797
# ```
#
# The input is gone after the first step, and its trace fades.

# %% [markdown] hints="rnn_forward"
# 1. At step `t`, which state goes in, and which one comes out? Where does the very first one come from?
# 2. Keep one variable `h` that starts as `h0` and is replaced at each step. Index the time axis with `x[:, t]`, and
#    collect every new `h` in a list.
# 3. Loop over `range(x.shape[1])`. In each turn, replace `h` by the tanh of `x[:, t] @ Wx` plus `h @ Wh` plus `b`,
#    and append it to the list. After the loop, `np.stack` the list along `axis=1`.


# %% exercise="rnn_forward" points=6 minutes=10 difficulty=1
def rnn_forward(x: Array, h0: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    """The states after every step: x (B, T, D), h0 (B, H) -> hs (B, T, H)."""
    ### BEGIN SOLUTION
    h = h0
    hs = []
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        hs.append(h)
    return np.stack(hs, axis=1)
    ### END SOLUTION


# %% [markdown]
# ### See it: an echo in a loop
#
# Once `rnn_forward` works, run this cell.
# One unit gets a single pulse and then only zeros.
# The weight of its loop decides how long the pulse is remembered.
# What do you expect for a weight above 1: does the state grow without end?

# %% active="ipynb" alt="After one pulse, loop weight 0.5 fades fast, 0.9 slowly, 1.2 settles above 0.6."
# import matplotlib.pyplot as plt
#
# pulse = np.zeros((1, 16, 1))
# pulse[0, 0, 0] = 1.0
# zero, one = np.zeros((1, 1)), np.ones((1, 1))
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# for weight, marker in ((0.5, "o"), (0.9, "s"), (1.2, "^")):
#     states = rnn_forward(pulse, zero, one, weight * one, np.zeros(1))[0, :, 0]
#     axes.plot(states, marker=marker, label=f"weight {weight}")
#     print(f"loop weight {weight}: state after the last step {states[-1]:.4f}")
# axes.set(xlabel="step", ylabel="state", ylim=(0, 1))
# figure.legend(loc="outside upper center", ncols=3)
# plt.show()

# %%
import torch

# %% [markdown] statement="RNNCell"
# ## The same turn in PyTorch: `RNNCell`
#
# PyTorch has this cell ready made, as `torch.nn.RNNCell`.
# How does one turn of the loop become a module whose weights can be trained, saved and loaded?
#
# $$h_t = \tanh(x_t W_{ih}^\top + b_{ih} + h_{t-1} W_{hh}^\top + b_{hh})$$
#
# PyTorch stores each weight matrix transposed, with the output first, and it keeps two biases that are simply added.
# Your module must load the weights of `torch.nn.RNNCell`, so its parameters need these names and shapes:
#
# | parameter | shape | in our letters |
# |---|---|---|
# | `weight_ih` | `(n_hidden, n_in)` | `Wx.T` |
# | `weight_hh` | `(n_hidden, n_hidden)` | `Wh.T` |
# | `bias_ih`, `bias_hh` | `(n_hidden,)` each | their sum is `b` |
#
# `forward(x, h)` takes `x` of shape `(B, n_in)` and `h` of shape `(B, n_hidden)`, and returns the new state,
# `(B, n_hidden)`.
# Gradients must reach `x`, `h` and all four parameters.
# How you initialise the parameters is up to you.
# Do not use PyTorch's ready-made recurrent layers here: they are what you are rebuilding.
#
# **By hand**, with the numbers of `rnn_step`:
#
# ```text
# weight_ih = [[0.5], [-0.5]]
# weight_hh = [[0, 0.5], [1, 0]]
# bias_ih   = [0, 0.75]
# bias_hh   = [0, 0.25]
# x, h      = [[2]], [[1, -1]]
# new state = [[0.4621, 0.7616]]
# ```

# %% [markdown] hints="RNNCell"
# 1. What makes a tensor appear in `state_dict()`, so that it can be loaded and trained: is it enough to write
#    `self.weight_ih = torch.empty(...)`?
# 2. Wrap each tensor in `torch.nn.Parameter` and give it exactly the name in the table. In `forward`, transpose the
#    stored matrices before you apply them from the right.
# 3. In `__init__`, `self.weight_ih = torch.nn.Parameter(...)` of shape `(n_hidden, n_in)`, and so on for the other
#    three. In `forward`, take `torch.tanh` of `x @ self.weight_ih.T`, plus `h @ self.weight_hh.T`, plus both biases.


# %% exercise="RNNCell" points=6 minutes=15 difficulty=2 library="torch"
class RNNCell(torch.nn.Module):
    """One step of a recurrent network, with the parameters of torch.nn.RNNCell."""

    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        bound = n_hidden**-0.5
        self.weight_ih = torch.nn.Parameter(torch.empty(n_hidden, n_in).uniform_(-bound, bound))
        self.weight_hh = torch.nn.Parameter(torch.empty(n_hidden, n_hidden).uniform_(-bound, bound))
        self.bias_ih = torch.nn.Parameter(torch.empty(n_hidden).uniform_(-bound, bound))
        self.bias_hh = torch.nn.Parameter(torch.empty(n_hidden).uniform_(-bound, bound))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """x (B, n_in), h (B, n_hidden) -> the new state (B, n_hidden)."""
        ### BEGIN SOLUTION
        return torch.tanh(x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh)
        ### END SOLUTION
