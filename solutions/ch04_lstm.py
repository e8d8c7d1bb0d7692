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
# # Gates
#
# A plain recurrent network writes its whole state anew at every step, so whatever it wants to keep has to survive every
# rewriting.
# The LSTM has a second state, the *cell* $c$, which stays as it is unless a *gate* lets something in or out.
# In this notebook you build the gates, the cell and the loop, set the gates by hand, and differentiate all of it.
#
# `B` examples, `T` time steps, `D` input features, `H` hidden units; `dz` is the gradient of the loss with respect to
# `z`, and has the shape of `z`.
# The weights of three gates and of one candidate lie side by side in one array of width `4H`, always in the order
# **i, f, g, o**: columns `0` to `H-1` belong to $i$, the next `H` to $f$, and so on.
# Several exercises need the sigmoid $\sigma(z) = 1 / (1 + e^{-z})$; you may write it once, in a cell of your own, and
# use it everywhere.
# Use NumPy (and SciPy, if you like) until the last exercise, which is about PyTorch.

# %%
import numpy as np

Array = np.ndarray

# %% [markdown] statement="lstm_gates"
# ## Four numbers for each unit: `lstm_gates`
#
# At every step an LSTM asks four questions of its input and of its last output.
# How much of the new shall be written? How much of the old shall stay? What *is* the new? How much of it all shall be
# shown?
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x_t W_x + h_{t-1} W_h + b$$
#
# $$i = \sigma(a_i), \qquad f = \sigma(a_f), \qquad g = \tanh(a_g), \qquad o = \sigma(a_o)$$
#
# The input gate $i$, the forget gate $f$ and the output gate $o$ are sigmoids: parts, between 0 and 1.
# The candidate $g$ is what would be written; it may be negative, so it is a $\tanh$.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, D)` | the inputs at this step |
# | `h_prev` | `(B, H)` | the output of the step before |
# | `Wx`, `Wh`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | the weights of all four, in the order i, f, g, o |
# | returns `i`, `f`, `g`, `o` | `(B, H)` each | the gates and the candidate, in this order |
#
# Inputs may be as large as 1000, of either sign, or as close to 0 as a number can be.
# The results then have to be right as well, and above all finite: mind how you compute the sigmoid.
# A warning of NumPy's alone costs nothing.
#
# **By hand**, with `B=1`, `D=1`, `H=1`:
#
# ```text
# x @ Wx      = [[1]] @ [[1, 2, 0.5, -1]]  = [[1, 2, 0.5, -1]]
# h_prev @ Wh = [[0.5]] @ [[2, 0, 1, 0]]   = [[1, 0, 0.5, 0]]
# b           = [-2, -1, 0, 1]
# their sum   = [[0, 1, 1, 0]]
# i, f, g, o  = 0.5, 0.7311, 0.7616, 0.5
# ```
#
# The forget gate and the candidate got the same sum here; what is made of it differs.

# %% [markdown] hints="lstm_gates"
# 1. All four sums come out of the two matrix products at once, with the shape `(B, 4H)`. Which axis do you cut, and into
#    pieces of what width?
# 2. `np.split(sums, 4, axis=1)` gives the four blocks. As for the sigmoid: what is `np.exp(1000)`, and what becomes of a
#    formula that divides one such number by another?
# 3. The sigmoid is a tanh in disguise: it is half of 1 plus the tanh of half its argument, and `np.tanh` is right for
#    every number. Apply that to the first, second and fourth block, and `np.tanh` itself to the third.


# %% exercise="lstm_gates" points=4 minutes=10 difficulty=1 section="ch04-cell"
def lstm_gates(x: Array, h_prev: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array, Array, Array]:
    """x (B, D), h_prev (B, H), weights of width 4H in the order i, f, g, o -> i, f, g, o, each (B, H)."""
    ### BEGIN SOLUTION
    a_i, a_f, a_g, a_o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    i = (1 + np.tanh(a_i / 2)) / 2  # the sigmoid, without an exponential that could overflow
    f = (1 + np.tanh(a_f / 2)) / 2
    g = np.tanh(a_g)
    o = (1 + np.tanh(a_o / 2)) / 2
    return i, f, g, o
    ### END SOLUTION


# %% [markdown] statement="lstm_step"
# ## Write, keep, show: `lstm_step`
#
# The gates are open or closed by some amount.
# What happens to the cell, and what does the rest of the network get to see of it?
#
# $$c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)$$
#
# $\odot$ multiplies entry by entry, each unit for itself.
# The gates are those of `lstm_gates`:
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x_t W_x + h_{t-1} W_h + b, \qquad
# i = \sigma(a_i), \quad f = \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o)$$
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, D)` | the inputs at this step |
# | `h_prev`, `c_prev` | `(B, H)` each | output and cell after the step before |
# | `Wx`, `Wh`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | the weights, in the order i, f, g, o |
# | returns `h`, `c` | `(B, H)` each | output and cell after this step, **h first** |
#
# The inputs may be as large as 1000 here too.
# This exercise does not need your `lstm_gates`, though you may call it.
#
# **By hand**, with the gates of the example above, and `c_prev` = 2:
#
# ```text
# i, f, g, o = 0.5, 0.7311, 0.7616, 0.5
# c          = 0.7311*2 + 0.5*0.7616 = 1.843
# h          = 0.5 * tanh(1.843)     = 0.4755
# ```

# %% [markdown] hints="lstm_step"
# 1. Two things meet in the new cell: what is left of the old one, and what is written. Which gate belongs to which?
# 2. Compute the four as in `lstm_gates`; from there on everything has the shape `(B, H)` and is multiplied with `*`, not
#    with `@`.
# 3. The cell is forget gate times `c_prev` plus input gate times candidate. The output is the output gate times the tanh
#    of the **new** cell.


# %% exercise="lstm_step" points=4 minutes=5 difficulty=1 section="ch04-cell"
def lstm_step(x: Array, h_prev: Array, c_prev: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array]:
    """One step of an LSTM: x (B, D), h_prev (B, H), c_prev (B, H) -> h (B, H), c (B, H)."""

    ### BEGIN SOLUTION
    def sigmoid(z: Array) -> Array:
        return (1 + np.tanh(z / 2)) / 2

    i, f, g, o = np.split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
    c = sigmoid(f) * c_prev + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    return h, c
    ### END SOLUTION


# %% [markdown]
# ### See it: a memory that is written, kept, read and erased
#
# Once `lstm_step` works, run this cell.
# There is one unit, and its four sums are set directly, by hand: 9 opens a gate, -9 closes it.
# Which gate alone has to be open to write, which one alone to keep, and which two to read?

# %% active="ipynb"
# # an input of four numbers goes straight to the four sums; what h was does not matter
# Wx, Wh, b = np.eye(4), np.zeros((1, 4)), np.zeros(4)
# OPEN, CLOSED = 9.0, -9.0
# commands = {
#     "write +1": (OPEN, CLOSED, +9.0, CLOSED),
#     "keep": (CLOSED, OPEN, -9.0, CLOSED),
#     "read": (CLOSED, OPEN, -9.0, OPEN),
#     "erase": (CLOSED, CLOSED, -9.0, CLOSED),
#     "read again": (CLOSED, OPEN, -9.0, OPEN),
# }
# h, c = np.zeros((1, 1)), np.zeros((1, 1))
# for command, (i, f, g, o) in commands.items():
#     h, c = lstm_step(np.array([[i, f, g, o]]), h, c, Wx, Wh, b)
#     cell, shown = np.round([c[0, 0], h[0, 0]], 2) + 0.0  # no -0.00
#     print(f"{command:<10}  cell {cell:5.2f}   shown {shown:5.2f}")

# %% [markdown] statement="lstm_forward"
# ## The whole loop: `lstm_forward`
#
# Two notes now go from step to step: the output $h$ and the cell $c$.
# Which states does the network go through?
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x_t W_x + h_{t-1} W_h + b, \qquad
# i = \sigma(a_i), \quad f = \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o)$$
#
# $$c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t), \qquad t = 0, \dots, T-1$$
#
# The states before the first step are given: $h_{-1}$ is `h0` and $c_{-1}$ is `c0`.
# They need not be zeros, and they are not among the results.
# The inputs may be as large as 1000 here too.
#
# | name | shape | meaning |
# |---|---|---|
# | `x` | `(B, T, D)` | the inputs; `x[:, t]` is what arrives at step `t` |
# | `h0`, `c0` | `(B, H)` each | output and cell before the first step |
# | `Wx`, `Wh`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | the weights, the same at every step, in the order i, f, g, o |
# | returns `hs`, `cs` | `(B, T, H)` each | outputs and cells after every step, in this order |
#
# **By hand**, with `B=1`, `T=3`, `D=1`, `H=1`, the inputs 1, 0, 0, `h0` = 0 and `c0` = 1.
# All weights and biases are 0, but for a 1 that leads from the input to the candidate: so all gates are half open.
#
# ```text
# cs[:, 0] = 0.5*1 + 0.5*tanh(1)      = 0.8808     hs[:, 0] = 0.5*tanh(0.8808) = 0.3534
# cs[:, 1] = 0.5*0.8808 + 0.5*tanh(0) = 0.4404     hs[:, 1] = 0.5*tanh(0.4404) = 0.2070
# cs[:, 2] = 0.5*0.4404 + 0.5*tanh(0) = 0.2202     hs[:, 2] = 0.5*tanh(0.2202) = 0.1084
# ```
#
# A forget gate of one half halves the cell at every step.

# %% [markdown] hints="lstm_forward"
# 1. In the loop of a plain network one variable goes from turn to turn. How many are there now, and what do they start
#    as?
# 2. Keep `h` and `c`, replace both in every turn, and collect both in lists of their own. The gates look at the `h` of
#    the turn before, so compute them before you replace it.
# 3. Start from `h0` and `c0`. In turn `t`, do what one step does with `x[:, t]`, `h` and `c`, and append the new two.
#    After the loop, `np.stack` each of the two lists along `axis=1`.


# %% exercise="lstm_forward" points=5 minutes=10 difficulty=1 section="ch04-cell"
def lstm_forward(x: Array, h0: Array, c0: Array, Wx: Array, Wh: Array, b: Array) -> tuple[Array, Array]:
    """Outputs and cells after every step: x (B, T, D), h0, c0 (B, H) -> hs (B, T, H), cs (B, T, H)."""

    ### BEGIN SOLUTION
    def sigmoid(z: Array) -> Array:
        return (1 + np.tanh(z / 2)) / 2

    h, c = h0, c0
    hs, cs = [], []
    for t in range(x.shape[1]):
        i, f, g, o = np.split(x[:, t] @ Wx + h @ Wh + b, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)
    ### END SOLUTION


# %% [markdown] statement="design_latch"
# ## One bit, kept for as long as you like: `design_latch`
#
# Training finds weights; you can also think them up.
# Which weights make an LSTM of a single unit remember one bit?
#
# Its input at every step is a pair, (*value*, *write*).
# *value* is +1 or -1 at every step, and goes on changing.
# *write* is 1 when the value of this step is to be remembered, and 0 when it is none of the unit's business.
# Output and cell start at zeros.
#
# - Right after a step with *write* = 1, the output $h$ has the sign of the value written, and $|h|$ is at least 0.5.
# - 200 steps with *write* = 0 later, $h$ has lost at most 5 % of that, whatever the values were in the meantime.
# - What is written takes the place of what was there before. The same value may be written twice, then its opposite; two
#   writes may follow one another at once, or after hundreds of steps.
#
# Nothing is asked of $h$ before the first write.
#
# | returns | shape | meaning |
# |---|---|---|
# | `Wx` | `(2, 4)` | from value (first row) and write (second row) to the four sums, in the order i, f, g, o |
# | `Wh` | `(1, 4)` | from the last output to the four sums |
# | `b` | `(4,)` | the biases |
#
# Return the three arrays in this order.
# Any finite weights will do: they are judged by what they do, in float64.
#
# **By hand**, what a latch shows:
#
# ```text
# step      0    1    2    3    4    5    6
# value    +1   -1   -1   +1   -1   +1   -1
# write     0    1    0    0    0    1    0
# h's sign  any  -    -    -    -    +    +
# ```

# %% [markdown] hints="design_latch"
# 1. At a step with *write* = 1, should the forget gate be open or closed, and the input gate? And with *write* = 0? Fill
#    in the table:
#
#    ```text
#    write    i (write the new)    f (keep the old)    o (show it)
#      0             ?                    ?                 ?
#      1             ?                    ?                 ?
#    ```
# 2. A gate that depends on *write* alone has a weight of 0 from *value*, and its bias says what it does at *write* = 0. A
#    sigmoid is never exactly 0 or 1: how much is left after 200 steps of 0.99, and how much after 200 steps of 0.9999?
#    How large must a sum be for that?
# 3. Take one column of the weights at a time; `Wh` may stay zero.
#
#    - The input gate's sum has to be well below zero without *write* and well above with it: a bias of minus ten, and a
#      weight from *write* of twice that size, the other way.
#    - The forget gate is its mirror image, with both signs turned round.
#    - The candidate follows *value* alone, with a weight large enough for its tanh to be nearly one.
#    - The output gate is always open: its bias does it.


# %% exercise="design_latch" points=6 minutes=30 difficulty=2 section="ch04-metaphor"
def design_latch() -> tuple[Array, Array, Array]:
    """Weights of a one-unit LSTM that latches its first input when its second is 1: Wx (2, 4), Wh (1, 4), b (4,)."""
    ### BEGIN SOLUTION
    value_to, write_to = [0.0, 0.0, 10.0, 0.0], [20.0, -20.0, 0.0, 0.0]  # in the order i, f, g, o
    Wx = np.array([value_to, write_to])
    Wh = np.zeros((1, 4))
    b = np.array([-10.0, 10.0, 0.0, 10.0])  # nothing is written, all is kept, all is shown
    return Wx, Wh, b
    ### END SOLUTION


# %% [markdown]
# ### See it: the value goes on changing, the latch does not
#
# Once `lstm_forward` and `design_latch` work, run this cell.
# Three times a value is written; between the writes the value keeps changing.
# At which steps does the output move?

# %% active="ipynb" alt="The value jumps up and down; the latch's output changes only at the three writes."
# import matplotlib.pyplot as plt
#
# steps, writes = 60, [8, 25, 44]
# value = np.random.default_rng(3).choice([-1.0, 1.0], size=steps)
# value[writes] = [1.0, -1.0, 1.0]
# write = np.zeros(steps)
# write[writes] = 1.0
# zero = np.zeros((1, 1))
# latch = lstm_forward(np.stack([value, write], axis=1)[None], zero, zero, *design_latch())[0][0, :, 0]
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# axes.plot(value, ".", color="tab:gray", label="value")
# axes.step(np.arange(steps), latch, where="post", label="output h")
# axes.plot(writes, value[writes], "^", markersize=9, color="tab:red", label="written")
# axes.set(xlabel="step", ylim=(-1.2, 1.2))
# figure.legend(loc="outside upper center", ncols=3)
# plt.show()
# print("after each write:        ", np.round(latch[writes], 3))
# print("before the next, or end: ", np.round(latch[[24, 43, 59]], 3))

# %% [markdown] statement="cell_memory"
# ## What is left of it: `cell_memory`
#
# Something stands in the cell at step $t$.
# How much of it is still there at the last step, if only the forget gates are looked at?
#
# $$m_t = \frac{\partial c_{T-1}}{\partial c_t}\bigg|_{\text{direct}} = f_{t+1} \odot f_{t+2} \odot \dots \odot f_{T-1},
# \qquad m_{T-1} = 1$$
#
# The *direct* path goes from cell to cell and through nothing else.
# The gates look at $h$ too, so a cell also has an influence on later cells through them; that is left out here.
# The same product says how much of a gradient at the last cell comes back to $c_t$ along this path.
#
# | name | shape | meaning |
# |---|---|---|
# | `f` | `(B, T, H)` | the forget gates; `f[:, t]` multiplies the cell *before* step `t` |
# | returns | `(B, T, H)` | for every step the part that is left at the last one; ones at step `T-1` |
#
# A gate may be exactly 0: what was in the cell before is then gone, and what is written from this step on is not.
#
# **By hand**, with `B=1`, `T=4`, `H=1`:
#
# ```text
# f    0.3    0.5    0.8    0.9
# m    0.36   0.72   0.9    1       0.9;  0.8*0.9 = 0.72;  0.5*0.8*0.9 = 0.36
# ```
#
# The gate of step 0 is not used: it decided about what was there before step 0.

# %% [markdown] hints="cell_memory"
# 1. Which gates does something pass that is in the cell *after* step $t$: is `f[:, t]` among them? How many does it pass
#    if $t$ is the last step?
# 2. Go from the end to the start: each entry is the entry after it, times one more gate. No division is needed, and none
#    would survive a gate of 0.
# 3. Start from ones in the shape of `f`. For `t` from `T-2` down to 0, the entry at `t` is the entry at `t + 1` times the
#    gate at `t + 1`.


# %% exercise="cell_memory" points=4 minutes=15 difficulty=2 section="ch04-memory"
def cell_memory(f: Array) -> Array:
    """Part of each cell that is left at the last step, by the forget gates alone: f (B, T, H) -> (B, T, H)."""
    ### BEGIN SOLUTION
    left = np.ones(f.shape)
    for t in reversed(range(f.shape[1] - 1)):
        left[:, t] = left[:, t + 1] * f[:, t + 1]
    return left
    ### END SOLUTION


# %% [markdown] statement="forget_bias"
# ## Keep, unless told otherwise: `forget_bias`
#
# With weights near zero, a forget gate is about one half open, and the cell forgets half of what it holds at every step.
# A large bias opens the gate before anything has been learned.
# How is that bias set, and nothing else?
#
# | name | shape | meaning |
# |---|---|---|
# | `b` | `(4H,)` | the bias, in the order i, f, g, o |
# | `beta` | a number | the new bias of every forget gate |
# | returns | `(4H,)` | a new array: `b` with its forget quarter **set** to `beta`, whatever stood there |
#
# The array `b` itself stays as it is.
#
# **By hand**, with `H=2` and `beta` = 1:
#
# ```text
# b        = [0.3, -0.2,   0.1, 4,   -0.5, 0.2,   0, 0.4]
# returned = [0.3, -0.2,   1,   1,   -0.5, 0.2,   0, 0.4]
# ```

# %% [markdown] hints="forget_bias"
# 1. How many entries has `b` for each gate, and where do those of $f$ start and end?
# 2. `len(b) // 4` is `H`. Writing into a slice of `b` would change the caller's array: make a copy first.
# 3. Copy with `b.copy()`, assign `beta` to the entries from `H` up to (and without) `2 * H`, return the copy.


# %% exercise="forget_bias" points=2 minutes=5 difficulty=1 section="ch04-memory"
def forget_bias(b: Array, beta: float) -> Array:
    """The bias (4H,) with its forget quarter set to beta; b itself is not changed."""
    ### BEGIN SOLUTION
    H = len(b) // 4
    changed = b.copy()
    changed[H : 2 * H] = beta
    return changed
    ### END SOLUTION


# %% [markdown] statement="lstm_step_backward"
# ## One step back: `lstm_step_backward`
#
# After a step, two gradients come back: one at the output $h_t$, one at the cell $c_t$.
# How does the loss change with everything that went into the step?
#
# ```text
#              c_prev ---(* f)-----(+)------------> c ---------------> to the next step
#                                   ^               |
#                                 (i * g)         tanh
#                                   |               |
# x, h_prev ---> four sums ---> i, f, g, o -----(* o)----------------> h
# ```
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x W_x + h_\text{prev} W_h + b, \qquad
# i = \sigma(a_i), \quad f = \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o)$$
#
# $$c = f \odot c_\text{prev} + i \odot g, \qquad h = o \odot \tanh(c)$$
#
# The cell leads to two places: to the next step, and through $\tanh$ into $h$.
# `dc` is what arrives from the next step **alone**; what comes through $h$ is in `dh`, and it is yours to bring it to the
# cell.
#
# | name | shape | meaning |
# |---|---|---|
# | `dh` | `(B, H)` | gradient of the loss with respect to `h`: all of it |
# | `dc` | `(B, H)` | gradient with respect to `c` from the next step; without the path through `h` |
# | `x`, `h_prev`, `c_prev` | `(B, D)`, `(B, H)`, `(B, H)` | what went into the step |
# | `i`, `f`, `g`, `o` | `(B, H)` each | the gates and the candidate, after their sigmoids and tanh |
# | `c` | `(B, H)` | the cell after the step |
# | `Wx`, `Wh` | `(D, 4H)`, `(H, 4H)` | the weights, in the order i, f, g, o |
# | returns `dx` | `(B, D)` | gradient of the input |
# | returns `dh_prev`, `dc_prev` | `(B, H)` each | gradients of output and cell of the step before |
# | returns `dWx`, `dWh`, `db` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | gradients of the weights, summed over the examples |
#
# Return the six in this order.
# Nothing of the forward step has to be recomputed, but for $\tanh(c)$.
# Neither `dh` nor `dc` may be written into.
#
# **By hand**, with `B=1`, `D=1`, `H=1`; `da` are the gradients of the four sums:
#
# ```text
# x, h_prev, c_prev = 2, 0.5, 0.875     i, f, g, o = 0.5, 0.8, 0.6, 0.5     c = 1
# Wx = [[1, 0, 1, 0]]     Wh = [[0, 1, 0, 1]]     dh, dc = 1, 0.5
#
# all that arrives at c  = 0.71
# da in the order i,f,g,o = 0.1065, 0.0994, 0.2272, 0.1904
#
# dx      = 0.1065 + 0.2272 = 0.3337
# dh_prev = 0.0994 + 0.1904 = 0.2898
# dc_prev = 0.5680
# dWx     = 2 * da   = 0.2130, 0.1988, 0.4544, 0.3808
# dWh     = 0.5 * da = 0.0532, 0.0497, 0.1136, 0.0952
# db      = da
# ```

# %% [markdown] hints="lstm_step_backward"
# 1. Cut it into four questions. Which two gradients meet at the cell? What does the cell's whole gradient make of `c_prev`
#    and of three of the four gates, and where does the fourth get its gradient from? How do you go from a gate to the sum
#    that it is the sigmoid (or tanh) of? And where have you seen the rest before?
# 2. This is the way, one arrow a factor; the question marks are yours:
#
#    ```text
#    dh ---(* ?)---------------------------------------> do
#     |
#     +----(* ? * derivative of tanh)---(+)---> all of dc ---(* ?)---> di
#                                        ^                ---(* ?)---> df
#    dc ---------------------------------+                ---(* ?)---> dg
#                                                         ---(* ?)---> dc_prev
#
#    di, df, dg, do ---(each * derivative of its own sigmoid or tanh)---> four blocks (B, H)
#
#    the four side by side, (B, 4H) ---> dx, dh_prev, dWx, dWh, db
#    ```
#
#    The derivative of a sigmoid whose value is `s` is `s * (1 - s)`, that of a tanh whose value is `t` is `1 - t ** 2`.
#    The gates are handed to you as values, so nothing has to be undone.
# 3. In four steps:
#
#    - At the cell: `dc` plus `dh` times `o` times one minus the square of `np.tanh(c)`.
#    - That sum times `g` is `di`; times `c_prev` it is `df`; times `i` it is `dg`; times `f` it is `dc_prev`. And `do` is
#      `dh` times `np.tanh(c)`.
#    - Multiply each by the derivative above, and put the four side by side with `np.concatenate`, `axis=1`, in the order
#      i, f, g, o. Call that `da`.
#    - From here on it is a dense layer: `da` times a transposed weight matrix for `dx` and for `dh_prev`, a transposed
#      input times `da` for the two weight gradients, and the sum of `da` over the examples for `db`.


# %% exercise="lstm_step_backward" points=8 minutes=60 difficulty=3 section="ch04-back"
def lstm_step_backward(
    dh: Array, dc: Array, x: Array, h_prev: Array, c_prev: Array,
    i: Array, f: Array, g: Array, o: Array, c: Array, Wx: Array, Wh: Array,
) -> tuple[Array, Array, Array, Array, Array, Array]:  # fmt: skip
    """Gradients of one step: -> dx (B, D), dh_prev (B, H), dc_prev (B, H), dWx (D, 4H), dWh (H, 4H), db (4H,)."""
    ### BEGIN SOLUTION
    dc_all = dc + dh * o * (1 - np.tanh(c) ** 2)
    di, df, dg, do = dc_all * g, dc_all * c_prev, dc_all * i, dh * np.tanh(c)
    da = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)
    dx = da @ Wx.T
    dh_prev = da @ Wh.T
    dc_prev = dc_all * f
    dWx = x.T @ da
    dWh = h_prev.T @ da
    db = da.sum(axis=0)
    return dx, dh_prev, dc_prev, dWx, dWh, db
    ### END SOLUTION


# %% [markdown] statement="lstm_backward"
# ## The whole way back: `lstm_backward`
#
# Forward, two notes went from step to step, so two gradients come back.
# Given what reaches each output from outside, how does the loss change with every input, with the first states and with
# the weights?
#
# ```text
#                      dhs[:, t]
#                          |
#                          v
#  dh to step t-1 <--- [ step t ] <--- dh from step t+1     (zeros at the last step)
#  dc to step t-1 <--- [        ] <--- dc from step t+1     (zeros at the last step)
#  (dh0, dc0 at t=0)       |
#                          +---> dx[:, t]
#                          +---> one more part of dWx, of dWh and of db
# ```
#
# Forward, every step did this, with $h_{-1}$ = `h0` and $c_{-1}$ = `c0`:
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x_t W_x + h_{t-1} W_h + b, \qquad
# i = \sigma(a_i), \quad f = \sigma(a_f), \quad g = \tanh(a_g), \quad o = \sigma(a_o)$$
#
# $$c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)$$
#
# | name | shape | meaning |
# |---|---|---|
# | `dhs` | `(B, T, H)` | `dhs[:, t]` is what reaches $h_t$ from outside, say from the read-out; what comes back from step `t+1` is **not** in it |
# | `x`, `h0`, `c0` | `(B, T, D)`, `(B, H)`, `(B, H)` | what went in |
# | `hs`, `cs` | `(B, T, H)` each | outputs and cells after every step, from the forward run |
# | `Wx`, `Wh`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | the weights, in the order i, f, g, o |
# | returns `dx` | `(B, T, D)` | gradients of the inputs |
# | returns `dh0`, `dc0` | `(B, H)` each | gradients of the first output and of the first cell |
# | returns `dWx`, `dWh`, `db` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | gradients of the weights, summed over examples and steps |
#
# Return the six in this order.
# Nothing reaches the cells from outside: what comes to a cell comes through its own $h_t$ and from the next cell.
# The gates are not handed to you, but everything that they were computed from is; `hs` and `cs` need not be recomputed.
# Do not write into `dhs`, although it may seem handy to add to it.
# The inputs may be as large as 1000 here too.
#
# This is the exercise to take your time for: all of the chapter meets in it.
# The answer key of a widely used course carried `dh` from step to step and dropped `dc`; the loss still went down.
#
# **By hand**, with the network of `lstm_forward`'s example (all gates are one half), its first two steps, and `dhs` = 0, 1:
#
# ```text
# step 1:  x = 0   h_prev, c_prev = 0.3534, 0.8808   c = 0.4404   g = 0
#          at h: 1 + 0          at c: 0.4143 + 0      = 0.4143
#          da = 0, 0.0912, 0.2072, 0.1035
#          carried: dh = 0, dc = 0.2072
# step 0:  x = 1   h_prev, c_prev = 0, 1             c = 0.8808   g = 0.7616
#          at h: 0 + 0          at c: 0 + 0.2072      = 0.2072
#          da = 0.0394, 0.0518, 0.0435, 0
#
# dx  = 0.0435, 0.2072
# dh0 = 0
# dc0 = 0.1036
# dWx = 1*0.0394, 1*0.0518, 1*0.0435, 1*0      (step 1 had the input 0)
# dWh = 0.3534 * (0, 0.0912, 0.2072, 0.1035)   = 0, 0.0322, 0.0732, 0.0366
# db  = 0.0394, 0.1430, 0.2507, 0.1035
# ```
#
# Without `dc` carried, nothing at all would arrive at step 0.

# %% [markdown] hints="lstm_backward"
# 1. Cut it into three questions. What is known at the last step, and what would one step make of it? Of its six results,
#    which two does the step before need? And where, at step $t$, do you get the gates from?
# 2. Write it in this order, and look at the shapes after each:
#
#    ```text
#    before the loop:   dx, dWx, dWh, db as zeros;  two gradients to be carried, as zeros (B, H)
#    t = T-1 ... 0:     1. the states before step t (h0 and c0 at t = 0)
#                       2. i, f, g, o once more, from x[:, t] and the output before
#                       3. at h_t: dhs[:, t] and what is carried
#                       4. at c_t: what is carried, and what comes through h_t
#                       5. one step back, as in lstm_step_backward
#                       6. store dx[:, t]; add to dWx, dWh, db; carry the other two on
#    after the loop:    what is carried is dh0 and dc0
#    ```
#
#    You may call your own `lstm_gates` and `lstm_step_backward`, or write out both.
# 3. The parts that go wrong most often: `dhs[:, t]` and the carried `dh` are **added**; the carried `dc` is added to `dh`
#    times the output gate times the derivative of tanh at `cs[:, t]`; the three weight gradients are added up with `+=`;
#    the derivative of the forget gate gets the cell **before** the step; and `dc` leaves the step multiplied by the forget
#    gate.


# %% exercise="lstm_backward" points=8 minutes=75 difficulty=3 section="ch04-back"
def lstm_backward(
    dhs: Array, x: Array, h0: Array, c0: Array, hs: Array, cs: Array, Wx: Array, Wh: Array, b: Array
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """dhs (B, T, H) and the forward run -> dx (B, T, D), dh0 (B, H), dc0 (B, H), dWx (D, 4H), dWh (H, 4H), db (4H,)."""

    ### BEGIN SOLUTION
    def sigmoid(z: Array) -> Array:
        return (1 + np.tanh(z / 2)) / 2

    dx, dWx, dWh, db = np.zeros(x.shape), np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(b.shape)
    dh, dc = np.zeros(h0.shape), np.zeros(c0.shape)
    for t in reversed(range(x.shape[1])):
        h_prev, c_prev = (hs[:, t - 1], cs[:, t - 1]) if t > 0 else (h0, c0)
        a_i, a_f, a_g, a_o = np.split(x[:, t] @ Wx + h_prev @ Wh + b, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        dh = dhs[:, t] + dh
        dc = dc + dh * o * (1 - np.tanh(cs[:, t]) ** 2)
        di, df, dg, do = dc * g, dc * c_prev, dc * i, dh * np.tanh(cs[:, t])
        da = np.concatenate([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], axis=1)
        dx[:, t] = da @ Wx.T
        dWx += x[:, t].T @ da
        dWh += h_prev.T @ da
        db += da.sum(axis=0)
        dh, dc = da @ Wh.T, dc * f
    return dx, dh, dc, dWx, dWh, db
    ### END SOLUTION


# %% [markdown]
# ### See it: what comes back over 50 steps
#
# Once `lstm_gates`, `lstm_forward`, `cell_memory`, `forget_bias` and `lstm_backward` work, run this cell.
# A gradient arrives at the last output of an untrained LSTM; how much of what reaches the last cell is left at the cells
# before?
# Solid lines are the whole gradient, by `lstm_backward`; dotted ones are the direct path alone, by `cell_memory`.
# The forget bias is 0, 1 or 3, and a plain network with weights of the same size runs beside them.
# Before you look: can a dotted line rise above 1? Can a solid one?

# %% active="ipynb" alt="On a log scale the RNN and bias 0 vanish, 1 fades, 3 stays near 1; dotted lines lie below."
# import matplotlib.pyplot as plt
#
# B, T, D, H = 8, 50, 4, 16
# rng = np.random.default_rng(0)
# x, zero = rng.normal(size=(B, T, D)), np.zeros((B, H))
# Wx, Wh, b = (rng.uniform(-(H**-0.5), H**-0.5, size=shape) for shape in ((D, 4 * H), (H, 4 * H), 4 * H))
# dhs = np.zeros((B, T, H))
# dhs[:, -1] = rng.normal(size=(B, H))
# at = list(range(0, T - 1, 6))
# figure, axes = plt.subplots(figsize=(5, 3.4), dpi=150, layout="constrained")
# for beta, marker in ((3.0, "^"), (1.0, "s"), (0.0, "o")):
#     weights = Wx, Wh, forget_bias(b, beta)
#     hs, cs = lstm_forward(x, zero, zero, *weights)
#     before = np.concatenate([zero[:, None], hs[:, :-1]], axis=1)
#     gates = [lstm_gates(x[:, t], before[:, t], *weights) for t in range(T)]
#     _, f, _, o = (np.stack(gate, axis=1) for gate in zip(*gates))
#     last = dhs[:, -1] * o[:, -1] * (1 - np.tanh(cs[:, -1]) ** 2)
#     size = np.linalg.norm(last)
#     direct = [np.linalg.norm(last * cell_memory(f)[:, t]) / size for t in at]
#     # run back from the end to step t + 1, which started from hs[:, t] and cs[:, t]: dc0 is what cell t gets directly,
#     # and dh0 what it gets through its output
#     whole = []
#     for t in at:
#         rest = slice(t + 1, T)
#         start, run = (hs[:, t], cs[:, t]), (hs[:, rest], cs[:, rest])
#         dh, dc = lstm_backward(dhs[:, rest], x[:, rest], *start, *run, *weights)[1:3]
#         whole.append(np.linalg.norm(dc + dh * o[:, t] * (1 - np.tanh(cs[:, t]) ** 2)) / size)
#     (line,) = axes.plot(at, whole, marker=marker, markersize=5, label=f"forget bias {beta:.0f}")
#     axes.plot(at, direct, ":", marker=marker, markersize=3, color=line.get_color())
#     print(f"forget bias {beta:.0f}: left at the first cell: direct path {direct[0]:.1e}, all of it {whole[0]:.1e}")
# h, states = zero, []
# for t in range(T):
#     h = np.tanh(x[:, t] @ Wx[:, :H] + h @ Wh[:, :H] + b[:H])
#     states.append(h)
# plain = [dhs[:, -1]]
# for h in states[:0:-1]:
#     plain.append((plain[-1] * (1 - h**2)) @ Wh[:, :H].T)
# plain = [np.linalg.norm(dh) / np.linalg.norm(dhs[:, -1]) for dh in plain[::-1]]
# axes.plot(at, [plain[t] for t in at], "--x", color="tab:gray", label="plain network")
# print(f"plain network: left at the first state: {plain[0]:.1e}")
# axes.set(xlabel="step", ylabel="part that is left", yscale="log", ylim=(1e-16, 1e2))
# figure.legend(loc="outside upper center", ncols=2)
# plt.show()

# %% [markdown]
# With a bias of 0 the gradient vanishes about as fast as in the plain network.
# The direct path only loses: it multiplies numbers below 1, and a larger forget bias makes it lose less.
# The whole gradient also runs through the gates, from cell to output to gate to cell, and nothing keeps that below 1.
# Here it is larger than the direct path at every bias, and with a bias of 3 it has grown on its way back.
# So the cell is a cure for gradients that vanish, if its forget gates are open; against gradients that explode you still
# clip.

# %%
import torch

# %% [markdown] statement="LSTMCell"
# ## The same step in PyTorch: `LSTMCell`
#
# PyTorch has this cell ready made, as `torch.nn.LSTMCell`.
# How does one step of an LSTM become a module whose weights can be trained, saved and loaded?
#
# $$[\,a_i \mid a_f \mid a_g \mid a_o\,] = x_t W_{ih}^\top + b_{ih} + h_{t-1} W_{hh}^\top + b_{hh}$$
#
# $$c_t = \sigma(a_f) \odot c_{t-1} + \sigma(a_i) \odot \tanh(a_g), \qquad h_t = \sigma(a_o) \odot \tanh(c_t)$$
#
# PyTorch stores each weight matrix transposed, with the output first, and it keeps two biases that are simply added.
# Its order of the four is ours: i, f, g, o.
# Your module must load the weights of `torch.nn.LSTMCell`, so its parameters need these names and shapes:
#
# | parameter | shape | in our letters |
# |---|---|---|
# | `weight_ih` | `(4 * n_hidden, n_in)` | `Wx.T` |
# | `weight_hh` | `(4 * n_hidden, n_hidden)` | `Wh.T` |
# | `bias_ih`, `bias_hh` | `(4 * n_hidden,)` each | their sum is `b` |
#
# `forward(x, state)` takes `x` of shape `(B, n_in)` and the pair `state` = `(h, c)`, each of shape `(B, n_hidden)`.
# It returns the new pair, **h first**.
# Gradients must reach `x`, `h`, `c` and all four parameters.
# A tensor that you make in `forward` belongs on the device of `x`; a check acts as if that were a GPU.
# The inputs may be as large as 1000 here too.
# How you initialise the parameters is up to you.
# Do not use PyTorch's ready-made recurrent layers here: they are what you are rebuilding.
#
# **By hand**, with the numbers of `lstm_gates` and `lstm_step`:
#
# ```text
# weight_ih = [[1], [2], [0.5], [-1]]
# weight_hh = [[2], [0], [1], [0]]
# bias_ih   = [-1, -1, 0, 0.5]
# bias_hh   = [-1, 0, 0, 0.5]
# x, h, c   = [[1]], [[0.5]], [[2]]
# new h     = [[0.4755]]
# new c     = [[1.843]]
# ```

# %% [markdown] hints="LSTMCell"
# 1. What makes a tensor appear in `state_dict()`, so that it can be loaded and trained: is it enough to write
#    `self.weight_ih = torch.empty(...)`?
# 2. Wrap each tensor in `torch.nn.Parameter` and give it exactly the name in the table. In `forward`, unpack the pair,
#    compute all four sums at once, and cut them along `dim=1` with `chunk(4, dim=1)`.
# 3. In `__init__`, `torch.nn.Parameter(...)` of shape `(4 * n_hidden, n_in)` for the first, and so on for the other three.
#    In `forward`, the sums are `x @ self.weight_ih.T` plus `h @ self.weight_hh.T` plus both biases; `torch.sigmoid` and
#    `torch.tanh` as in `lstm_step`; return the new `h` and `c` as a pair.


# %% exercise="LSTMCell" points=6 minutes=20 difficulty=2 section="ch04-cell" library="torch"
class LSTMCell(torch.nn.Module):
    """One step of an LSTM, with the parameters of torch.nn.LSTMCell."""

    def __init__(self, n_in: int, n_hidden: int) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        bound = n_hidden**-0.5
        self.weight_ih = torch.nn.Parameter(torch.empty(4 * n_hidden, n_in).uniform_(-bound, bound))
        self.weight_hh = torch.nn.Parameter(torch.empty(4 * n_hidden, n_hidden).uniform_(-bound, bound))
        self.bias_ih = torch.nn.Parameter(torch.empty(4 * n_hidden).uniform_(-bound, bound))
        self.bias_hh = torch.nn.Parameter(torch.empty(4 * n_hidden).uniform_(-bound, bound))
        ### END SOLUTION

    def forward(self, x: torch.Tensor, state: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """x (B, n_in), state (h, c), each (B, n_hidden) -> the new h and c, each (B, n_hidden)."""
        ### BEGIN SOLUTION
        h, c = state
        sums = x @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = sums.chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c
        ### END SOLUTION
