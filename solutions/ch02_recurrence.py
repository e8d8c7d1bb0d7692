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
# In this notebook you write that loop, and then put it to work in nine exercises: one turn of it and the whole loop;
# sequences of unequal length; what the network says, what it learns from, and how it writes; a network that adds; and
# the same turn once more as a PyTorch module.
#
# The rules are the same everywhere:
#
# - Batch first: `B` examples, `T` time steps, `D` input features, `H` hidden units, `V` symbols.
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


# %% exercise="rnn_step" points=4 minutes=5 difficulty=1 section="ch02-turn"
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


# %% exercise="rnn_forward" points=6 minutes=10 difficulty=1 section="ch02-turn"
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

# %% [markdown] statement="rnn_forward_padded"
# ## Sequences that end early: `rnn_forward_padded`
#
# Sentences differ in length, but an array has one length for all.
# So short sequences are filled up with *padding*, and a list of lengths says where each one ends.
# How does the loop keep the padding out of the state?
#
# $$h_t = \begin{cases}\tanh(x_t W_x + h_{t-1} W_h + b) & t < \text{length}\\ h_{t-1} & t \ge \text{length}\end{cases}$$
#
# Each example has a length of its own.
# Past its end its state stays as it is, frozen, whatever stands in the padding; the other examples go on.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, T, D)` | the inputs; `x[n, t]` is padding from `t = lengths[n]` on: any finite numbers |
# | `h0` | `(B, H)` | the state before the first step |
# | `lengths` | `(B,)` | whole numbers from 0 to T: how many steps each example has |
# | `Wx`, `Wh`, `b` | `(D, H)`, `(H, H)`, `(H,)` | the weights |
# | returns | `(B, T, H)` | the state after every step, frozen ones included |
#
# An example of length 0 has no step at all: its state is `h0` throughout.
# T stays the length of the array, even when every sequence ends before.
#
# **By hand**, with the weights of `rnn_forward` (1 in `Wx`, 0.5 in `Wh`, no bias), `h0 = 1` and three steps:
#
# ```text
# inputs 0.5, 0, 0   length 3   states 0.7616, 0.3634, 0.1797
# inputs 0.5, 9, 9   length 1   states 0.7616, 0.7616, 0.7616
# ```

# %% [markdown] hints="rnn_forward_padded"
# 1. At step `t`, which examples are still running? Which comparison with `lengths` answers that for all of them at
#    once?
# 2. Compute the new state for every example, as if nobody had ended. Then choose, example by example, between the new
#    state and the old one.
# 3. `np.where(running, new, h)` chooses entry by entry. `t < lengths` has the shape `(B,)`, and the states have the
#    shape `(B, H)`: with `[:, None]` the comparison becomes a column, so that one answer counts for a whole row.


# %% exercise="rnn_forward_padded" points=5 minutes=15 difficulty=2 section="lab-tasks-hear"
def rnn_forward_padded(x: Array, h0: Array, lengths: Array, Wx: Array, Wh: Array, b: Array) -> Array:
    """States that freeze at each sequence's end: x (B, T, D), h0 (B, H), lengths (B,) -> hs (B, T, H)."""
    ### BEGIN SOLUTION
    h = h0
    hs = []
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ Wx + h @ Wh + b)
        running = (t < lengths)[:, None]
        h = np.where(running, new, h)
        hs.append(h)
    return np.stack(hs, axis=1)
    ### END SOLUTION


# %% [markdown]
# ### See it: a batch with padding
#
# Once `rnn_forward_padded` works, run this cell.
# It shows the state of one unit for four sequences, which all start from 0.5.
# Hatched steps are padding.
# Which numbers in the hatched fields do you expect to be alike, and what stands in the last row?

# %% active="ipynb" alt="A grid of states, four sequences by eight steps: in the hatched padding the last number repeats."
# import matplotlib.pyplot as plt
#
# noise = np.random.default_rng(3).normal(size=(4, 8, 1))
# ends = np.array([8, 5, 2, 0])
# one = np.ones((1, 1))
# states = rnn_forward_padded(noise, np.full((4, 1), 0.5), ends, one, 0.8 * one, np.zeros(1))[:, :, 0]
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# axes.imshow(states, cmap="coolwarm", vmin=-2, vmax=2, aspect="auto")
# for n in range(4):
#     padding = plt.Rectangle((ends[n] - 0.5, n - 0.5), 8 - ends[n], 1, fill=False, hatch="//", edgecolor="0.7", lw=0)
#     axes.add_patch(padding)
#     for t in range(8):
#         axes.text(t, n, f"{states[n, t]:.2f}", ha="center", va="center", fontsize=8)
# axes.set(xlabel="step", yticks=range(4), yticklabels=[f"length {end}" for end in ends])
# plt.show()

# %% [markdown] statement="readout"
# ## What the network says: `readout`
#
# A state is the network's private note.
# A linear layer turns it into an answer: one number, a *logit*, for each of V symbols.
# At which steps do you ask for an answer?
#
# $$\text{logits}_t = h_t W_y + b_y$$
#
# - `"many-to-many"` asks at every step, as for the next letter of a word.
# - `"many-to-one"` asks once, after the last input of a sequence, as for the mood of a whole sentence.
#
# | name | shape | meaning |
# |---|---|---|
# | `hs` | `(B, T, H)` | the states after every step |
# | `lengths` | `(B,)` | whole numbers from 1 to T: how many steps of each example are valid |
# | `Wy`, `by` | `(H, V)`, `(V,)` | from state to logits, and a bias |
# | `mode` | text | `"many-to-one"` or `"many-to-many"` |
# | returns | `(B, V)` or `(B, T, V)` | one answer for each example, or one for each step |
#
# Lengths matter for `"many-to-one"` alone: past its end, a sequence's states may be any finite numbers, and the answer
# must not depend on them.
# For `"many-to-many"` return the logits of all T steps, those past the end too.
# Logits may be of any size: no softmax here.
# Any other mode is a mistake of the caller: raise a `ValueError`.
#
# **By hand**, with `B=1`, `T=3`, `H=2`, `V=3` and a length of 2:
#
# ```text
# hs           = [[[1, 0], [0, 2], [9, 9]]]
# Wy           = [[1, 0, 2], [0, 3, 1]]
# by           = [0, 0, -1]
# many-to-many = [[[1, 0, 1], [0, 6, 1], [9, 27, 26]]]
# many-to-one  = [[0, 6, 1]]
# ```

# %% [markdown] hints="readout"
# 1. Which index along the time axis does the last valid step of an example have, if its length is 2?
# 2. `@` applies a matrix to the last axis, however many axes stand before it: `hs @ Wy` has the shape `(B, T, V)`. For
#    the last valid steps, pick one row of `hs` for each example.
# 3. Index two axes at once with two arrays of length B: `np.arange(B)` for the examples, and `lengths - 1` for the
#    steps. That gives the shape `(B, H)`. At the end of the function, where no mode has matched, stands `raise
#    ValueError(...)`.


# %% exercise="readout" points=4 minutes=10 difficulty=1 section="ch02-kinds"
def readout(hs: Array, lengths: Array, Wy: Array, by: Array, mode: str) -> Array:
    """Logits of each example (B, V), or of each step (B, T, V): hs (B, T, H), lengths (B,), Wy (H, V), by (V,)."""
    ### BEGIN SOLUTION
    if mode == "many-to-one":
        last = hs[np.arange(len(hs)), lengths - 1]
        return last @ Wy + by
    if mode == "many-to-many":
        return hs @ Wy + by
    raise ValueError(f"mode is {mode!r}; it has to be 'many-to-one' or 'many-to-many'")
    ### END SOLUTION


# %% [markdown]
# ### See it: one answer, or one at every step
#
# Once `readout` works, run this cell.
# Two votes are counted, one of six ballots and one of four, and the state holds who is ahead.
# The same states and the same weights serve both modes.
# Which of the answers at every step is the one that many-to-one gives?

# %% active="ipynb"
# ballots = np.array([[1, 1, -1, -1, -1, -1], [1, -1, 1, 1, 9, 9]])  # the nines are padding
# turnout = np.array([6, 4])
# ahead = np.cumsum(ballots, axis=1)[:, :, None] / 10
# weights = np.array([[-1.0, 1.0]]), np.zeros(2)  # two logits: one for minus, one for plus
# every_step = readout(ahead, turnout, *weights, "many-to-many")
# at_the_end = readout(ahead, turnout, *weights, "many-to-one")
# for n, end in enumerate(turnout):
#     signs = {key: "-=+"[key + 1] for key in (-1, 0, 1)}
#     running = [signs[int(np.sign(minus_plus[1] - minus_plus[0]))] for minus_plus in every_step[n, :end]]
#     final = signs[int(np.sign(at_the_end[n, 1] - at_the_end[n, 0]))]
#     cast = " ".join("+" if ballot > 0 else "-" for ballot in ballots[n, :end])
#     print(f"ballots {cast:11}   ahead at every step {' '.join(running):11}   at the end {final}")

# %% [markdown] statement="next_symbol_pairs"
# ## What to learn from: `next_symbol_pairs`
#
# A network that writes is trained to say which symbol comes next.
# Nobody has to label anything for that: the text itself holds the questions and the answers.
# How do you cut one long stream of symbols into examples?
#
# $$x_{c,t} = \text{ids}_{cT+t}, \qquad y_{c,t} = \text{ids}_{cT+t+1}$$
#
# The stream is cut into chunks of T symbols, one right after the other, without gaps and without overlap.
# For each symbol in `x`, `y` holds the one that follows it in the stream, across the end of a chunk too.
# There are $C = \lfloor (N-1)/T \rfloor$ chunks: as many full chunks as there are when every symbol in them must have a next one.
# What is left over at the end is not used.
#
# | name | shape | meaning |
# |---|---|---|
# | `ids` | `(N,)` | the stream: whole numbers |
# | `T` | a number | symbols in a chunk; N > T ≥ 1 |
# | returns | `(C, T)`, `(C, T)` | `x` and `y`, whole numbers, in this order |
#
# **By hand**, with `N=8` and `T=3`:
#
# ```text
# ids = 5 6 7 8 9 1 2 3
# x   = [[5, 6, 7], [8, 9, 1]]
# y   = [[6, 7, 8], [9, 1, 2]]
# ```

# %% [markdown] hints="next_symbol_pairs"
# 1. In a stream of 7 symbols, how many of them have a next one? How many chunks of 3 can you make of those?
# 2. `x` and `y` are the same stretch of the stream, `y` one symbol later. Both have C·T symbols before you fold them
#    into rows.
# 3. First compute C. The stretch for `x` starts at 0, the one for `y` starts at 1, and each has C·T symbols.
#    `.reshape(C, T)` folds a stretch into rows, in order.


# %% exercise="next_symbol_pairs" points=4 minutes=10 difficulty=1 section="ch02-loops"
def next_symbol_pairs(ids: Array, T: int) -> tuple[Array, Array]:
    """Consecutive chunks of a stream, and what follows each symbol: ids (N,) -> x (C, T), y (C, T)."""
    ### BEGIN SOLUTION
    C = (len(ids) - 1) // T
    x = ids[: C * T].reshape(C, T)
    y = ids[1 : C * T + 1].reshape(C, T)
    return x, y
    ### END SOLUTION


# %% [markdown] statement="sample_symbol"
# ## One symbol by lot: `sample_symbol`
#
# Logits say how much the network favours each symbol.
# To write, it has to pick one, and always picking the favourite makes dull text.
# How do you draw a symbol by lot, so that the favoured ones come more often?
#
# $$p_k = \frac{e^{z_k/\tau}}{\sum_j e^{z_j/\tau}}, \qquad c_k = p_0 + p_1 + \dots + p_k$$
#
# Here $z$ are the logits and $\tau$ is the *temperature*: below 1 it sharpens the differences between the symbols,
# above 1 it evens them out.
# The lot is a number $u$, drawn by the caller, so that your function itself is free of chance.
# Lay the probabilities side by side on a line from 0 to 1, symbol 0 first: the answer is the symbol on whose piece $u$
# falls.
# In other words: it is the smallest $k$ with $c_k > u$.
# You will not be asked about a $u$ that lies exactly on the border of two pieces.
#
# | name | shape | meaning |
# |---|---|---|
# | `logits` | `(V,)` | finite numbers, possibly large: there may be a thousand between two of them |
# | `temperature` | a number | above 0, and as small as 0.001 |
# | `u` | a number | 0 ≤ u < 1 |
# | returns | a whole number | the symbol, always from 0 to V-1 |
#
# Two things want care.
# $e^{1000}$ is infinite for a computer, but a constant subtracted from all logits changes no probability.
# And a sum of rounded probabilities may end a hair below 1: even for the largest `u` below 1 the answer must be a
# symbol.
# Work in float64 here: single precision is not enough.
#
# **By hand**, with the logits 1, 2, 3 and `u = 0.3`:
#
# ```text
# temperature 1     p = 0.0900, 0.2447, 0.6652   c = 0.0900, 0.3348, 1   symbol 1
# temperature 0.5   p = 0.0159, 0.1173, 0.8668   c = 0.0159, 0.1332, 1   symbol 2
# ```

# %% [markdown] hints="sample_symbol"
# 1. Where do the pieces of the symbols end on the line from 0 to 1? Which NumPy function adds up as it goes?
# 2. Subtract the largest logit before you divide by the temperature and take `np.exp`: then no exponent is above 0.
#    The running sum of the results, divided by its own last entry, ends at exactly 1.
# 3. `np.cumsum` gives the running sum, and dividing it by `[-1]` makes $c$ of it. How many entries of $c$ are at most
#    `u`? That many pieces end before `u`, so it is the symbol: `np.searchsorted` with `side="right"` counts them.
#    Return it as an `int`.


# %% exercise="sample_symbol" points=6 minutes=20 difficulty=2 section="lab-text-write"
def sample_symbol(logits: Array, temperature: float, u: float) -> int:
    """The symbol on whose piece u falls: logits (V,), temperature > 0, 0 <= u < 1 -> 0..V-1."""
    ### BEGIN SOLUTION
    pieces = np.exp((logits - logits.max()) / temperature)
    ends = np.cumsum(pieces)
    ends = ends / ends[-1]
    return int(np.searchsorted(ends, u, side="right"))
    ### END SOLUTION


# %% [markdown]
# ### See it: what temperature does
#
# Once `sample_symbol` works, run this cell.
# Five symbols have the logits 0 to 4, and 1000 evenly spaced lots are drawn at each of three temperatures.
# At which temperature is the last symbol almost alone, and at which do all five come about equally often?

# %% active="ipynb" alt="Shares of five symbols: at temperature 0.3 nearly all are symbol 4, at 10 all are about equal."
# import matplotlib.pyplot as plt
#
# evenly = (np.arange(1000) + 0.5) / 1000
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# for place, (tau, hatch) in enumerate(((0.3, ""), (1.0, "///"), (10.0, "..."))):
#     drawn = [sample_symbol(np.arange(5.0), tau, u) for u in evenly]
#     shares = np.bincount(drawn, minlength=5) / 1000
#     axes.bar(np.arange(5) + 0.27 * (place - 1), shares, 0.25, hatch=hatch, edgecolor="black", label=f"{tau:g}")
#     print(f"temperature {tau:4}:", *(f"{share:.3f}" for share in shares))
# axes.set(xlabel="symbol", ylabel="share of the draws", ylim=(0, 1))
# figure.legend(title="temperature", loc="outside upper center", ncols=3)
# plt.show()

# %% [markdown] statement="generate"
# ## The network writes: `generate`
#
# Now close a second loop, around the network.
# What it says is fed back to it as its next input, and so it writes on by itself.
# Which symbols come out?
#
# ```text
#             start        ids[0]        ids[1]
#               |             |             |
#    h0 ---> [ step ] ---> [ step ] ---> [ step ] ---> ...
#               |             |             |
#             logits        logits        logits
#               |             |             |
#            ids[0]        ids[1]        ids[2]
# ```
#
# At each turn, $t = 0, \dots, n-1$, in this order:
#
# 1. The input $x$ is the last symbol, one-hot: zeros, and a 1 in its place. At first, that symbol is `start`.
# 2. The network takes a step: $h \leftarrow \tanh(x W_x + h W_h + b)$.
# 3. It reads out its logits, $h W_y + b_y$.
# 4. A symbol is drawn with `temperature` and `uniforms[t]`, as in `sample_symbol`. It is `ids[t]`, and the next input.
#
# | name | shape | meaning |
# |---|---|---|
# | `start` | a whole number | the first symbol to be fed; it is not among the results |
# | `h0` | `(H,)` | the state before the first step; there is no batch here |
# | `n` | a whole number | how many symbols to write; it may be 0 |
# | `temperature` | a number | above 0, and as small as 0.001 |
# | `uniforms` | `(n,)` | one lot for each symbol, each 0 ≤ u < 1 |
# | `Wx`, `Wh`, `b` | `(V, H)`, `(H, H)`, `(H,)` | the weights of the step |
# | `Wy`, `by` | `(H, V)`, `(V,)` | the read-out |
# | returns | `(n,)` | the symbols written, whole numbers |
#
# Once your `sample_symbol` is right, you may call it here; or write its few lines once more.
#
# **By hand**, with `V=2`, `H=1`, `start = 0`, `h0 = [0]`, temperature 1, `Wx = [[1], [-1]]`, `Wh = [[0.5]]`,
# `Wy = [[1, -1]]` and no biases:
#
# ```text
# fed       h         logits             p                u     symbol
# [1, 0]    0.7616    0.7616, -0.7616    0.8210, 0.1790   0.9   1
# [0, 1]   -0.5506   -0.5506,  0.5506    0.2495, 0.7505   0.3   1
# [0, 1]   -0.8552   -0.8552,  0.8552    0.1531, 0.8469   0.1   0
# ```

# %% [markdown] hints="generate"
# 1. Two things go from one turn to the next. Which two?
# 2. Before the loop, make `ids` an array of n zeros of type `int`, and let `symbol` be `start`. `np.eye(V)[symbol]` is
#    the one-hot input, and `Wx` has V rows.
# 3. In each turn: make `x`, replace `h` by the tanh of `x @ Wx` plus `h @ Wh` plus `b`, compute the logits from the new
#    `h`, draw `symbol` with `uniforms[t]`, and store it in `ids[t]`. The next turn then starts from this `symbol` and
#    this `h`.


# %% exercise="generate" points=6 minutes=25 difficulty=2 section="lab-text-write"
def generate(
    start: int, h0: Array, n: int, temperature: float, uniforms: Array,
    Wx: Array, Wh: Array, b: Array, Wy: Array, by: Array,
) -> Array:  # fmt: skip
    """The symbols that the network writes after start: h0 (H,), uniforms (n,), Wx (V, H) -> ids (n,)."""
    ### BEGIN SOLUTION
    symbol, h = start, h0
    ids = np.zeros(n, dtype=int)
    for t in range(n):
        x = np.eye(len(Wx))[symbol]
        h = np.tanh(x @ Wx + h @ Wh + b)
        logits = h @ Wy + by
        ends = np.cumsum(np.exp((logits - logits.max()) / temperature))
        symbol = np.searchsorted(ends / ends[-1], uniforms[t], side="right")
        ids[t] = symbol
    return ids
    ### END SOLUTION


# %% [markdown]
# ### See it: a network that counted letters, and writes
#
# Once `generate` works, run this cell.
# This network was not trained: each letter has a unit of its own, and the read-out holds the logarithm of how often each
# letter follows it in one short sentence.
# `Wh` is zero, so its memory is one letter long.
# The lots are the same every time, only the temperature differs.
# Which temperature makes the text repeat itself, and which one puts letters side by side that never stood so in the
# sentence?

# %% active="ipynb"
# sentence = "the sun sees the sea and the sea sees the sun and the sand "
# alphabet = sorted(set(sentence))
# stream = np.array([alphabet.index(letter) for letter in sentence])
# V = len(alphabet)
# counts = np.zeros((V, V))
# np.add.at(counts, (stream[:-1], stream[1:]), 1)
# step_weights = 5 * np.eye(V), np.zeros((V, V)), np.zeros(V)
# read_out = np.log(counts + 0.001), np.zeros(V)
# lots = np.random.default_rng(1).random(60)
# for tau in (0.2, 1.0, 4.0):
#     written = generate(alphabet.index(" "), np.zeros(V), 60, tau, lots, *step_weights, *read_out)
#     print(f"temperature {tau}:", "".join(alphabet[symbol] for symbol in written))

# %% [markdown] statement="design_adder"
# ## A network that adds: `design_adder`
#
# Training finds weights; you can also think them up.
# Which weights make a recurrent network add two numbers of any length, bit by bit, as you do on paper?
#
# Its units are *threshold* units: a unit is 1 when its input is above 0, and else 0.
# There are three of them, and one output.
#
# $$h_t = \text{step}(x_t W_x + h_{t-1} W_h + b), \qquad y_t = \text{step}(h_t W_y + b_y), \qquad
# \text{step}(z) = \begin{cases}1 & z > 0\\ 0 & \text{else}\end{cases}$$
#
# The numbers $p$ and $q$ arrive least significant bit first: $x_t$ is the pair of bit $t$ of $p$ and bit $t$ of $q$.
# After the last bits one more pair arrives, (0, 0), so that there is a step for what is carried to the end.
# The state starts at zeros, and $y_t$ has to be bit $t$ of the sum.
#
# | returns | shape | meaning |
# |---|---|---|
# | `Wx` | `(2, 3)` | from the two bits to the three units |
# | `Wh` | `(3, 3)` | from the old state to the new one |
# | `b` | `(3,)` | biases of the units |
# | `Wy` | `(3, 1)` | from the new state to the output |
# | `by` | `(1,)` | bias of the output |
#
# Return the five arrays in this order.
# Any finite weights will do, and they are judged by what they do: on all pairs of 8-bit numbers, and on longer ones.
#
# **By hand**, 3 + 1 = 4:
#
# ```text
# step                        0   1   2
# bit of p = 3                1   1   0
# bit of q = 1                1   0   0
# carried over from before    0   1   1
# bit of the sum              0   0   1
# ```

# %% [markdown] hints="design_adder"
# 1. At each step three bits come together: one of p, one of q, and the carry. Count how many of them are 1. For each
#    count from 0 to 3, what do you write down, and what do you carry?
#
#    ```text
#    count   bit of the sum   carry
#      0           ?            ?
#      1           ?            ?
#      2           ?            ?
#      3           ?            ?
#    ```
# 2. A threshold unit can tell whether a count is *at least* some number: with weights of 1, a bias of -1.5 makes it ask
#    "at least 2?". There are three units, and three such questions worth asking. Which of the three units *is* the
#    carry, and to whom does the next step have to hand it?
# 3. Do it in three steps.
#
#    - The units ask: at least 1? at least 2? at least 3? Every entry of `Wx` is 1, and the biases are -0.5, -1.5, -2.5.
#    - The second unit is the carry, a third bit to be counted: its row of `Wh` holds ones, the other rows zeros.
#    - The sum's bit is 1 for a count of 1 or of 3. Work out what "first unit minus second plus third" is for each count,
#      and let the output ask whether it is above one half.


# %% exercise="design_adder" points=8 minutes=45 difficulty=3 section="ch02-history"
def design_adder() -> tuple[Array, Array, Array, Array, Array]:
    """Weights of an adder of threshold units: Wx (2, 3), Wh (3, 3), b (3,), Wy (3, 1), by (1,)."""
    ### BEGIN SOLUTION
    Wx = np.ones((2, 3))
    Wh = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    b = np.array([-0.5, -1.5, -2.5])  # at least 1, at least 2 (the carry), at least 3
    Wy = np.array([[1.0], [-1.0], [1.0]])
    by = np.array([-0.5])
    return Wx, Wh, b, Wy, by
    ### END SOLUTION


# %% [markdown]
# ### See it: adding, bit by bit
#
# Once `design_adder` is right, run this cell.
# It feeds the bits of 11 and 5 to your network, and shows its three units at each step.
# Which of your units is the carry, and how far does the carry of step 0 travel?

# %% active="ipynb"
# Wx, Wh, b, Wy, by = design_adder()
# p, q, units, total = 11, 5, np.zeros(3), 0
# print("step   bits   units   output")
# for t in range(5):
#     pair = np.array([p >> t & 1, q >> t & 1])
#     units = np.where(pair @ Wx + units @ Wh + b > 0, 1, 0)
#     bit = int((units @ Wy + by)[0] > 0)
#     total += bit * 2**t
#     print(f"{t:4}   {pair[0]}, {pair[1]}   {units[0]} {units[1]} {units[2]}   {bit:6}")
# print(f"{p} + {q} = {total}")

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
# A tensor that you make in `forward` belongs on the device of `x`; a check acts as if that were a GPU.
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


# %% exercise="RNNCell" points=6 minutes=15 difficulty=2 section="ch02-turn" library="torch"
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
