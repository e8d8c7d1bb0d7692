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
# # Unrolled, and differentiated backwards
#
# Laid out along time, a loop is a deep network whose layers all use the same weights.
# The state went through it from the first step to the last; now a gradient goes from the last step to the first.
# In this notebook you write that way back, test it, cut it short, measure how much survives it, and train with it.
#
# `B` examples, `T` time steps, `D` input features, `H` hidden units, `V` symbols; `dz` is the gradient of the loss with
# respect to `z`, and has the shape of `z`.
# A gradient that is passed *in* holds only what arrives from outside the function.
# Every value of the forward run that you need is passed in too: there is nothing to recompute.
# Functions change nothing that they are given.
# Use NumPy alone until the last exercise, which is about PyTorch.

# %%
from collections.abc import Callable

import numpy as np

Array = np.ndarray

# %% [markdown] statement="readout_backward"
# ## Where the gradient enters: `readout_backward`
#
# At every step the read-out turns the state into logits.
# The loss has told you how it changes with each logit; how does it change with each state, and with the weights?
#
# $$\mathrm{logits}_t = h_t W_y + b_y, \qquad t = 0, \dots, T-1$$
#
# Each state goes into the logits of its own step and of no other.
# The weights go into the logits of all examples at all steps, so their gradients are sums over both.
#
# | name | shape | meaning |
# |---|---|---|
# | `dlogits` | `(B, T, V)` | gradient of the loss with respect to the logits |
# | `hs` | `(B, T, H)` | the states; `hs[:, t]` is the state after step `t` |
# | `Wy` | `(H, V)` | from state to logits |
# | returns `dhs` | `(B, T, H)` | what arrives at each state through the read-out of its own step |
# | returns `dWy`, `dby` | `(H, V)`, `(V,)` | gradients of the weights and of the bias |
#
# Return the three in this order: `dhs`, `dWy`, `dby`.
# They are sums, not means: if the loss is a mean, then `dlogits` has been divided already.
#
# **By hand**, with `B=1`, `T=2`, `H=1`, `V=2`:
#
# ```text
# dlogits = [[0.5, -0.5], [1, -1]]      one row for each step
# states  = 0.8, 0.6
# Wy      = [[2, 1]]
#
# dhs     = 0.5*2 - 0.5*1 = 0.5,   1*2 - 1*1 = 1
# dWy     = [[0.8*0.5 + 0.6*1, -0.8*0.5 - 0.6*1]] = [[1, -1]]
# dby     = [0.5 + 1, -0.5 - 1] = [1.5, -1.5]
# ```

# %% [markdown] hints="readout_backward"
# 1. For one example at one step this is an ordinary linear layer. What are the three gradients of a linear layer?
# 2. `@` works on the last two axes, so `Wy` transposed can be applied to the whole of `dlogits` at once. For the two
#    others, which axes have to be gone after the sum?
# 3. `dby` sums `dlogits` over the axes 0 and 1. For `dWy`, either reshape `hs` to `(B*T, H)` and `dlogits` to
#    `(B*T, V)` and multiply as in a layer, or let `np.einsum` sum over `b` and `t`.


# %% exercise="readout_backward" points=4 minutes=10 difficulty=1 section="ch01-reverse"
def readout_backward(dlogits: Array, hs: Array, Wy: Array) -> tuple[Array, Array, Array]:
    """dlogits (B, T, V), hs (B, T, H), Wy (H, V) -> dhs (B, T, H), dWy (H, V), dby (V,)."""
    ### BEGIN SOLUTION
    dhs = dlogits @ Wy.T
    dWy = np.einsum("bth,btv->hv", hs, dlogits)
    dby = dlogits.sum(axis=(0, 1))
    return dhs, dWy, dby
    ### END SOLUTION


# %% [markdown] statement="rnn_step_backward"
# ## One turn, backwards: `rnn_step_backward`
#
# One step has turned $x$ and $h_{prev}$ into $h$.
# Someone hands you `dh`: how the loss changes with each entry of $h$.
# What does that say about the five things that went into the step?
#
# $$h = \tanh(z), \qquad z = x W_x + h_{prev} W_h + b$$
#
# Go back through the two formulas in turn, first through $\tanh$ and then through the sum.
# The slope of $\tanh$ at $z$ is $1 - \tanh(z)^2$, and that is $1 - h^2$: you have $h$, so you need neither $z$ nor $b$.
#
# | name | shape | meaning |
# |---|---|---|
# | `dh` | `(B, H)` | the whole gradient that arrives at `h`, from wherever `h` goes |
# | `x` | `(B, D)` | the inputs of this step |
# | `h_prev`, `h` | `(B, H)` each | the state before and after this step |
# | `Wx`, `Wh` | `(D, H)`, `(H, H)` | the weights |
# | returns `dx`, `dh_prev` | `(B, D)`, `(B, H)` | gradients of the input and of the state before |
# | returns `dWx`, `dWh`, `db` | `(D, H)`, `(H, H)`, `(H,)` | gradients of the weights, summed over the examples |
#
# Return the five in the order `dx`, `dh_prev`, `dWx`, `dWh`, `db`.
#
# **By hand**, with every size 1:
#
# ```text
# dh = 1,  x = 1,  h_prev = 0.8,  h = 0.6,  Wx = 1,  Wh = 0.5
#
# dz      = 1 * (1 - 0.6*0.6) = 0.64
# dx      = 0.64 * 1          = 0.64
# dh_prev = 0.64 * 0.5        = 0.32
# dWx     = 1 * 0.64          = 0.64
# dWh     = 0.8 * 0.64        = 0.512
# db      = 0.64
# ```

# %% [markdown] hints="rnn_step_backward"
# 1. If you knew `dz`, the gradient of the sum inside $\tanh$, would the rest be something you have done before?
# 2. `dz` is `dh` times the slope of $\tanh$, entry by entry. After that there are two linear layers side by side, one
#    from `x` and one from `h_prev`, and both have the same `dz`. Check each product by its shape.
# 3. For a layer `x @ Wx` with upstream `dz`, the input gets `dz` times the transposed weights, and the weights get the
#    transposed input times `dz`. Do this for `x` and `Wx`, then for `h_prev` and `Wh`. `db` is the sum of `dz` over the
#    examples.


# %% exercise="rnn_step_backward" points=6 minutes=25 difficulty=2 section="ch03-step"
def rnn_step_backward(
    dh: Array, x: Array, h_prev: Array, h: Array, Wx: Array, Wh: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """dh (B, H), x (B, D), h_prev (B, H), h (B, H) -> dx (B, D), dh_prev (B, H), dWx (D, H), dWh (H, H), db (H,)."""
    ### BEGIN SOLUTION
    dz = dh * (1 - h**2)
    dx = dz @ Wx.T
    dh_prev = dz @ Wh.T
    dWx = x.T @ dz
    dWh = h_prev.T @ dz
    db = dz.sum(axis=0)
    return dx, dh_prev, dWx, dWh, db
    ### END SOLUTION


# %% [markdown]
# ### See it: backward through steps that did not happen
#
# A padded sequence ends before the others of its batch, and its state stays frozen from there on: $h_t = h_{t-1}$.
# No weight took part in such a step, so what should go back through it?
# Once `rnn_step_backward` works, run this cell.
# One unit runs for three steps and is frozen for three more; a gradient of 1 arrives at the end.
# Watch the column `dh` from the bottom up, and the column `dWh`.

# %% active="ipynb"
# one, length = np.ones((1, 1)), 3
# h = [0.5 * one]
# for t in range(6):
#     h.append(np.tanh(0.9 * h[-1] + 0.2) if t < length else h[-1])
# dh, rows = one, []
# for t in (5, 4, 3, 2, 1, 0):
#     if t < length:
#         _, passed_on, _, dWh_part, _ = rnn_step_backward(dh, 0 * one, h[t], h[t + 1], one, 0.9 * one)
#         rows.append(f"step {t}          dh {dh.item():.4f}   dWh {dWh_part.item():.4f}")
#         dh = passed_on
#     else:
#         rows.append(f"step {t}, frozen  dh {dh.item():.4f}   dWh 0")
# print("\n".join(rows[::-1]))

# %% [markdown] statement="untied_gradients"
# ## A copy for every step: `untied_gradients`
#
# Unroll the loop, and step $t$ becomes a layer of its own.
# Pretend for a moment that each layer owns its weights: `T` copies that merely happen to be equal.
# How much does the loss change with each copy?
#
# $$h_t = \tanh(x_t W_x^{(t)} + h_{t-1} W_h^{(t)} + b^{(t)})$$
#
# A copy is used once, at its own step, but what it did there lives on in every later state.
# So the gradient at $h_t$ has two sources: the read-out of step $t$, which you are given, and step $t+1$, which you have
# just walked back through.
# In truth the copies are one and the same array, and its gradient is the sum over all of them.
#
# ```text
#             dhs[:, 0]      dhs[:, 1]      dhs[:, 2]         from outside
#                 |              |              |
#                 v              v              v
# h0  <------ [ copy 0 ] <-- [ copy 1 ] <-- [ copy 2 ]        what you carry from right to left
#                 |              |              |
#                 v              v              v
#               dWx[0]         dWx[1]         dWx[2]          and dWh[t], db[t] likewise
# ```
#
# | name | shape | meaning |
# |---|---|---|
# | `dhs` | `(B, T, H)` | `dhs[:, t]` is what reaches $h_t$ from outside; what comes from step `t+1` is not in it |
# | `x`, `h0` | `(B, T, D)`, `(B, H)` | the inputs, and the state before the first step |
# | `hs` | `(B, T, H)` | the states; `hs[:, t]` is the state after step `t` |
# | `Wx`, `Wh` | `(D, H)`, `(H, H)` | the value that all copies have |
# | returns `dWx`, `dWh`, `db` | `(T, D, H)`, `(T, H, H)`, `(T, H)` | at index `t`, the gradient of copy `t`, summed over the examples |
#
# Return the three in this order.
#
# **By hand**, with `B=1`, `T=2`, `D=1`, `H=1`, where the loss looks at the last state alone:
#
# ```text
# dhs = 0, 1    x = 2, 1    h0 = 0.5    hs = 0.8, 0.6    Wx = 1    Wh = 0.5
#
# copy 1:  dz = (1 + 0) * (1 - 0.6*0.6)    = 0.64     dWx[1] = 1*0.64   = 0.64     dWh[1] = 0.8*0.64   = 0.512
# copy 0:  dz = (0 + 0.32) * (1 - 0.8*0.8) = 0.1152   dWx[0] = 2*0.1152 = 0.2304   dWh[0] = 0.5*0.1152 = 0.0576
#
# db = 0.1152, 0.64                                    0.32 is what copy 1 passes back: 0.64 * Wh
# ```

# %% [markdown] hints="untied_gradients"
# 1. Which copy's gradient can you write down first, because nothing comes back to it from later steps?
# 2. Walk from the last step to the first with one variable for what comes back, zeros at first. At each step: add it to
#    `dhs[:, t]`, go back through one step as in `rnn_step_backward`, and pass the gradient of the state before on to
#    the next turn of the loop.
# 3. Before the loop, make three arrays of zeros of the shapes in the table. In turn `t`, `dz` is the sum of the two
#    gradients times `1 - hs[:, t] ** 2`; write the three gradients at index `t`. The state before is `hs[:, t - 1]`, or
#    `h0` when `t` is 0 (beware: `hs[:, -1]` exists, and is the last state). What comes back is then `dz` times `Wh`
#    transposed.


# %% exercise="untied_gradients" points=6 minutes=30 difficulty=2 section="ch03-walk"
def untied_gradients(dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array) -> tuple[Array, Array, Array]:
    """dhs (B, T, H), x (B, T, D), h0 (B, H), hs (B, T, H) -> dWx (T, D, H), dWh (T, H, H), db (T, H)."""
    ### BEGIN SOLUTION
    T = x.shape[1]
    dWx, dWh, db = np.zeros((T, *Wx.shape)), np.zeros((T, *Wh.shape)), np.zeros((T, len(Wh)))
    from_later = np.zeros(h0.shape)
    for t in reversed(range(T)):
        h_prev = hs[:, t - 1] if t > 0 else h0
        dz = (dhs[:, t] + from_later) * (1 - hs[:, t] ** 2)
        dWx[t] = x[:, t].T @ dz
        dWh[t] = h_prev.T @ dz
        db[t] = dz.sum(axis=0)
        from_later = dz @ Wh.T
    return dWx, dWh, db
    ### END SOLUTION


# %% [markdown] statement="rnn_backward"
# ## The whole way back: `rnn_backward`
#
# Now the weights are what they are, one set for all steps.
# Given what reaches each state from outside, how does the loss change with every input, with the first state and with
# the weights?
#
# Forward, the states went from left to right:
#
# $$h_t = \tanh(x_t W_x + h_{t-1} W_h + b), \qquad h_{-1} = h_0$$
#
# Backward, the gradient goes from right to left.
# Every state has been used twice, by the read-out of its own step and by the next step, so two gradients meet at it and
# are added.
# The last state has no next step.
#
# ```text
#                  dhs[:, t]
#                      |
#                      v
# to step t-1 <--- [ step t ] <--- from step t+1      (zeros at the last step)
#  (dh0 at t=0)        |
#                      +---> dx[:, t]
#                      +---> one more part of dWx, of dWh and of db
# ```
#
# | name | shape | meaning |
# |---|---|---|
# | `dhs` | `(B, T, H)` | `dhs[:, t]` is what reaches $h_t$ from outside, say from the read-out; what comes back from step `t+1` is **not** in it |
# | `x`, `h0` | `(B, T, D)`, `(B, H)` | the inputs, and the state before the first step |
# | `hs` | `(B, T, H)` | the states; `hs[:, t]` is the state after step `t` |
# | `Wx`, `Wh` | `(D, H)`, `(H, H)` | the weights |
# | returns `dx`, `dh0` | `(B, T, D)`, `(B, H)` | gradients of the inputs and of the first state |
# | returns `dWx`, `dWh`, `db` | `(D, H)`, `(H, H)`, `(H,)` | gradients of the weights, summed over examples and steps |
#
# Return the five in the order `dx`, `dh0`, `dWx`, `dWh`, `db`.
# Do not write into `dhs`, although it may seem handy to add to it.
#
# **By hand**, with `B=1`, `T=2`, `D=1`, `H=1`:
#
# ```text
# dhs = 0, 1    x = 2, 1    h0 = 0.5    hs = 0.8, 0.6    Wx = 1    Wh = 0.5
#
# step 1:  dz = (1 + 0) * 0.64    = 0.64      passes back 0.64 * 0.5   = 0.32
# step 0:  dz = (0 + 0.32) * 0.36 = 0.1152    passes back 0.1152 * 0.5 = 0.0576
#
# dx  = 0.1152, 0.64
# dh0 = 0.0576
# dWx = 2*0.1152   + 1*0.64   = 0.8704
# dWh = 0.5*0.1152 + 0.8*0.64 = 0.5696
# db  = 0.1152     + 0.64     = 0.7552
# ```

# %% [markdown] hints="rnn_backward"
# 1. Cut it into three questions. What arrives at the last state? If you knew the whole gradient at $h_t$, what would
#    step $t$ make of it? And what of that has to be remembered when you move on to step $t-1$?
# 2. First write one step, as in `rnn_step_backward`. Then put it in a loop that counts down, with one variable that
#    carries the gradient of the state from each turn to the next; it starts as zeros. Make `dx` as zeros before the
#    loop and fill `dx[:, t]`; let `dWx`, `dWh` and `db` start as zeros too, and add to them in every turn.
# 3. In turn `t`: the whole gradient at the state is `dhs[:, t]` plus what is carried; times `1 - hs[:, t] ** 2` it is
#    `dz`; the state before is `hs[:, t - 1]`, but `h0` when `t` is 0. Then come the five gradients of the single step:
#    one into `dx[:, t]`, three added to the sums, and `dz` times `Wh` transposed to be carried on. What is carried
#    after the last turn is `dh0`.


# %% exercise="rnn_backward" points=8 minutes=50 difficulty=3 section="ch03-walk"
def rnn_backward(
    dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array
) -> tuple[Array, Array, Array, Array, Array]:
    """dhs (B, T, H), x (B, T, D), h0 (B, H), hs (B, T, H) -> dx (B, T, D), dh0 (B, H), dWx, dWh, db."""
    ### BEGIN SOLUTION
    dx, dh = np.zeros(x.shape), np.zeros(h0.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(len(Wh))
    for t in reversed(range(x.shape[1])):
        h_prev = hs[:, t - 1] if t > 0 else h0
        dz = (dhs[:, t] + dh) * (1 - hs[:, t] ** 2)
        dx[:, t] = dz @ Wx.T
        dWx += x[:, t].T @ dz
        dWh += h_prev.T @ dz
        db += dz.sum(axis=0)
        dh = dz @ Wh.T
    return dx, dh, dWx, dWh, db
    ### END SOLUTION


# %% [markdown]
# ### See it: many copies, one weight
#
# Once `untied_gradients` and `rnn_backward` work, run this cell.
# A network of eight units reads random inputs for twelve steps, and the loss looks at the last state alone.
# How much of the gradient of $W_h$ comes from each of the twelve copies: how much does it hear of the first steps?
# Look at the height of the bars on the left.

# %% active="ipynb" alt="Bars over the step: the copy of the last step has the longest gradient, the first ones almost none."
# import matplotlib.pyplot as plt
#
# rng = np.random.default_rng(5)
# x, h0, Wx, Wh = (rng.normal(size=size) for size in ((4, 12, 3), (4, 8), (3, 8), (8, 8)))
# hs = np.empty((4, 12, 8))
# for t in range(12):
#     hs[:, t] = np.tanh(x[:, t] @ Wx + (hs[:, t - 1] if t else h0) @ Wh / 4)
# dhs = np.zeros_like(hs)
# dhs[:, -1] = 1.0
# copies = untied_gradients(dhs, x, h0, hs, Wx, Wh / 4)[1]
# tied = rnn_backward(dhs, x, h0, hs, Wx, Wh / 4)[3]
# print("the copies' gradients add up to that of the tied weights:", np.allclose(copies.sum(axis=0), tied))
# lengths = np.linalg.norm(copies, axis=(1, 2))
# print("length, last copy and first copy:", f"{lengths[-1]:.2f} and {lengths[0]:.4f}")
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# axes.bar(np.arange(12), lengths)
# axes.set(xlabel="step of the copy", ylabel="length of its gradient of $W_h$", xticks=range(0, 12, 2))
# plt.show()

# %% [markdown] statement="is_correct_backward"
# ## Trust nobody: `is_correct_backward`
#
# Somebody gives you a function and says that it is `rnn_backward`.
# How do you find out whether that is true, without reading it?
#
# Write that test.
# `is_correct_backward` is given one function, calls it on inputs of **your** choice, as often as you like, and returns
# `True` if it is right and `False` if it is broken.
#
# | name | meaning |
# |---|---|
# | `backward` | a function that is called as `backward(dhs, x, h0, hs, Wx, Wh)`, with the shapes of `rnn_backward` |
# | returns | `True` or `False` |
#
# What counts as right and as broken, for the network $h_t = \tanh(x_t W_x + h_{t-1} W_h + b)$ with $h_{-1} = h_0$:
#
# - **Right**: it returns `dx, dh0, dWx, dWh, db` in a tuple or a list, each of the shape of what it belongs to (`db` is
#   `(H,)`), and for inputs of order 1 no entry is off by more than `1e-8`.
#   Two right ones may differ in their last digits.
# - **Broken**: for ordinary inputs (several examples, several steps, all arrays filled with numbers of order 1) at least
#   one of the five is wrong by one percent or more of its largest entry, or has another shape; or the function writes
#   into an array that it was given.
#   Only one of the five may be wrong, and on special inputs, such as a single step, all five may be right.
#
# None of them raises an exception when its arguments have the right shapes, and your test should raise none either.
# The functions that your test is tried on are made anew at each run, so it has to work for any.
#
# What you compare with is up to you.
# Two ways are independent of anyone's algebra: nudge an entry of the input and watch how
# `(hs * dhs).sum()` changes, with a forward run of your own; or compare with a backward that you trust.
# Be quick: the judge waits at most 5 seconds for a handful of functions, which is plenty for a few hundred forward runs
# of a small network each.
#
# **By hand**: take the numbers of `rnn_backward` above, and a backward that carries nothing from step 1 to step 0.
#
# ```text
#                dx            dh0      dWx      dWh      db
# right          0.1152, 0.64  0.0576   0.8704   0.5696   0.7552
# carries none   0, 0.64       0        0.64     0.512    0.64      broken
# ```
#
# With `T=1` there is nothing to carry, and both give the same five results: a test with one step alone would believe it.

# %% [markdown] hints="is_correct_backward"
# 1. For each input of your test, think of a mistake that it could not show. What can hide behind one step, behind one
#    example, behind an `h0` of zeros, behind an upstream that is zero except at the last step?
# 2. In steps: (a) draw `x`, `h0`, the weights, a bias and `dhs` from a generator; (b) run the network forward to get
#    `hs`; (c) call `backward` on copies; (d) see whether the copies are still equal to the originals; (e) for each of
#    the five, compare the shape, then the numbers. Rounding is no mistake, so compare with a tolerance.
# 3. Write a helper inside that runs the network and returns `hs`; the loss to differentiate is `(hs * dhs).sum()`. For
#    (e), change one of `x`, `h0`, `Wx`, `Wh`, `b` by `+1e-6` and by `-1e-6` times an array `n` of random numbers and
#    divide the difference of the two losses by `2e-6`: that slope has to be the sum of the gradient times `n`, to about
#    `1e-6`. One random `n` moves all entries at once, so ten forward runs are enough.


# %% exercise="is_correct_backward" points=8 minutes=45 difficulty=3 section="ch03-test"
def is_correct_backward(backward: Callable[..., tuple[Array, ...]]) -> bool:
    """Is `backward(dhs, x, h0, hs, Wx, Wh)` a right rnn_backward? True or False."""
    ### BEGIN SOLUTION
    rng, eps = np.random.default_rng(3), 1e-6
    B, T, D, H = 3, 4, 2, 3
    shapes = [(B, T, D), (B, H), (D, H), (H, H), (H,)]
    inputs = [rng.uniform(-1, 1, size=shape) for shape in shapes]
    x, h0, Wx, Wh, _ = inputs
    dhs = rng.normal(size=(B, T, H))

    def forward(x: Array, h: Array, Wx: Array, Wh: Array, b: Array) -> Array:
        hs = []
        for t in range(x.shape[1]):
            h = np.tanh(x[:, t] @ Wx + h @ Wh + b)
            hs.append(h)
        return np.stack(hs, axis=1)

    def loss(n: int, nudge: Array) -> float:
        """The loss when input n is moved."""
        moved = [array + nudge if i == n else array for i, array in enumerate(inputs)]
        return float((forward(*moved) * dhs).sum())

    given = [dhs, x, h0, forward(*inputs), Wx, Wh]
    handed_over = [array.copy() for array in given]
    gradients = backward(*handed_over)
    right = all(map(np.array_equal, given, handed_over))
    for n, (gradient, shape) in enumerate(zip(gradients, shapes, strict=True)):
        direction = rng.normal(size=shape)
        slope = (loss(n, eps * direction) - loss(n, -eps * direction)) / (2 * eps)
        right = right and np.shape(gradient) == shape and abs((gradient * direction).sum() - slope) < 1e-6
    return bool(right)
    ### END SOLUTION


# %% [markdown] statement="truncated_backward"
# ## A gradient that does not go all the way: `truncated_backward`
#
# The whole way back through a long sequence is slow, and it needs every state in memory.
# So one cuts the sequence into chunks of `k` steps and lets no gradient cross from a chunk into the one before.
# Which gradients of the weights come out?
#
# The first chunk starts at step 0, the next one at step `k`, and so on; the last may be shorter.
# Within a chunk everything is as in `rnn_backward`.
# At a boundary the way back ends, but the way forward does not: the state has crossed, and the first step of a chunk
# still counts it as its state before.
#
# ```text
# T = 5, k = 2      chunk 0          chunk 1          chunk 2
#
# state      h0 -> [0] -> [1] ---> [2] -> [3] ---> [4]        crosses every boundary
# gradient         [0] <- [1]   |  [2] <- [3]   |  [4]        stops at every boundary
# ```
#
# Cutting once for every chunk is not the same as letting each step look back over its last `k` steps: here step 3
# reaches back to step 2, and step 2 to nothing before it.
#
# | name | shape | meaning |
# |---|---|---|
# | `dhs` | `(B, T, H)` | `dhs[:, t]` is what reaches $h_t$ from outside; what comes back from step `t+1` is not in it |
# | `x`, `h0`, `hs` | `(B, T, D)`, `(B, H)`, `(B, T, H)` | inputs, first state, states of the one run over all `T` steps |
# | `Wx`, `Wh` | `(D, H)`, `(H, H)` | the weights |
# | `k` | whole number, at least 1 | steps in a chunk; may be larger than `T`, and need not divide it |
# | returns `dWx`, `dWh`, `db` | `(D, H)`, `(H, H)`, `(H,)` | the gradients of all chunks, added up |
#
# Return the three in this order.
# Every step counts, those of a short last chunk too.
#
# **By hand**, with the numbers of `rnn_backward` above and `k=1`:
#
# ```text
# dhs = 0, 1    x = 2, 1    h0 = 0.5    hs = 0.8, 0.6    Wx = 1    Wh = 0.5
#
# step 1:  dz = 1 * 0.64 = 0.64
# step 0:  dz = 0 * 0.36 = 0             step 1 passes nothing back: there is a boundary between them
#
# dWx = 2*0 + 1*0.64     = 0.64          0.8704 without the cut
# dWh = 0.5*0 + 0.8*0.64 = 0.512         0.5696
# db  = 0 + 0.64         = 0.64          0.7552
# ```

# %% [markdown] hints="truncated_backward"
# 1. In the loop that counts down, between which steps must the carried gradient be lost? With `k = 2` and `T = 5`,
#    write down the two values of `t` at which you arrive from another chunk.
# 2. Either loop over the starts `0, k, 2k, ...`, and run an ordinary way back over each slice of time; or keep the one
#    loop over all steps, and set what is carried to zeros whenever step `t` is the last of its chunk.
# 3. Step `t` is the last of its chunk when `t + 1` is divisible by `k`. The rest of the loop is that of `rnn_backward`
#    without `dx`: the gradient at the state, `dz`, the three sums, and what is carried on. The state before is still
#    `hs[:, t - 1]`, also at the start of a chunk; only at `t = 0` is it `h0`.


# %% exercise="truncated_backward" points=6 minutes=40 difficulty=3 section="ch03-truncated"
def truncated_backward(
    dhs: Array, x: Array, h0: Array, hs: Array, Wx: Array, Wh: Array, k: int
) -> tuple[Array, Array, Array]:
    """dhs (B, T, H), x (B, T, D), h0 (B, H), hs (B, T, H), chunks of k steps -> dWx (D, H), dWh (H, H), db (H,)."""
    ### BEGIN SOLUTION
    dh = np.zeros(h0.shape)
    dWx, dWh, db = np.zeros(Wx.shape), np.zeros(Wh.shape), np.zeros(len(Wh))
    for t in reversed(range(x.shape[1])):
        if (t + 1) % k == 0:
            dh = np.zeros(h0.shape)
        h_prev = hs[:, t - 1] if t > 0 else h0
        dz = (dhs[:, t] + dh) * (1 - hs[:, t] ** 2)
        dWx += x[:, t].T @ dz
        dWh += h_prev.T @ dz
        db += dz.sum(axis=0)
        dh = dz @ Wh.T
    return dWx, dWh, db
    ### END SOLUTION


# %% [markdown]
# ### See it: what the cut costs
#
# Once `truncated_backward` works, run this cell.
# It compares the gradient of $W_h$ over 64 steps, cut into chunks of `k`, with the gradient that is not cut.
# In the first network a gradient shrinks to less than half at every step back, in the second it
# keeps most of its length at each of them.
# Which of the two suffers less from short chunks?

# %% active="ipynb" alt="The error of the cut gradient falls as k grows, and is about half as large where gradients fade."
# import matplotlib.pyplot as plt
#
# rng = np.random.default_rng(7)
# x, h0, Wx = rng.normal(size=(4, 64, 3)), np.zeros((4, 16)), 0.1 * rng.normal(size=(3, 16))
# turn = np.linalg.qr(rng.normal(size=(16, 16)))[0]
# dhs, chunks = rng.normal(size=(4, 64, 16)), [1, 2, 4, 8, 16, 32, 64]
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# for size, marker in ((0.5, "o"), (1.0, "s")):
#     hs = np.empty((4, 64, 16))
#     for t in range(64):
#         hs[:, t] = np.tanh(x[:, t] @ Wx + (hs[:, t - 1] if t else h0) @ (size * turn))
#     cut = [truncated_backward(dhs, x, h0, hs, Wx, size * turn, k)[1] for k in chunks]
#     errors = [np.linalg.norm(gradient - cut[-1]) / np.linalg.norm(cut[-1]) for gradient in cut]
#     axes.plot(chunks, errors, marker=marker, label=f"weights of size {size}")
#     print(f"weights of size {size}: error with k=4 {errors[2]:.2f}, with k=32 {errors[5]:.2f}")
# axes.set_xscale("log", base=2)
# axes.set(xlabel="k, steps in a chunk", ylabel="error / full gradient", xticks=chunks, xticklabels=chunks)
# figure.legend(loc="outside upper center", ncols=2)
# plt.show()

# %% [markdown] statement="state_jacobian_norms"
# ## How much survives the way back: `state_jacobian_norms`
#
# Nudge the state after step $t$ a little.
# How strongly can the last state of the run feel it?
#
# One step, seen from its old state, is a linear map for small nudges.
# If $h_{t-1}$ moves by a small row vector $\delta$, then $h_t$ moves by
#
# $$\delta\, J_t, \qquad J_t = W_h \,\mathrm{diag}(1 - h_t^2)$$
#
# which is `Wh` with column $j$ multiplied by the slope of unit $j$.
# From $h_t$ to the last state it takes the steps $t+1$ to $T-1$, one after another:
#
# $$\frac{\partial h_{T-1}}{\partial h_t} = J_{t+1} J_{t+2} \cdots J_{T-1}$$
#
# The *spectral norm* of a matrix, its largest singular value, says how much longer it can make a vector:
# `np.linalg.norm(M, 2)`.
# Gradients go back through the same matrices, transposed, and transposing does not change this norm.
# So one number for each step tells how much of a gradient at the end can still arrive there.
#
# | name | shape | meaning |
# |---|---|---|
# | `hs` | `(T, H)` | the states of one run, without a batch axis |
# | `Wh` | `(H, H)` | from old state to new state |
# | returns | `(T,)` | at index `t`, the spectral norm of $\partial h_{T-1} / \partial h_t$; the last entry is 1 |
#
# It is the norm of the product that is asked for: the product of the norms would be larger.
#
# **By hand**, with `T=3`, `H=1`:
#
# ```text
# hs = 0, 0.8, 0.6    Wh = 0.5
#
# J_2 = 0.5 * (1 - 0.36) = 0.32
# J_1 = 0.5 * (1 - 0.64) = 0.18
#
# norms = 0.18*0.32, 0.32, 1 = 0.0576, 0.32, 1
# ```

# %% [markdown] hints="state_jacobian_norms"
# 1. What is the derivative of the last state with respect to itself? And if you have it with respect to $h_t$, by which
#    one matrix do you get it with respect to $h_{t-1}$?
# 2. Count down, and keep the product so far in a variable `M`, the identity at first. Row vectors meet the earlier
#    matrix first, so each further matrix has to stand to the **left** of `M`.
# 3. Start with an array of ones of length `T` and `M = np.eye(H)`. For `t` from `T - 1` down to 1: multiply the columns
#    of `Wh` by `1 - hs[t] ** 2` (a plain `*` does that), put the result to the left of `M`, and write the norm of the
#    new `M` at index `t - 1`.


# %% exercise="state_jacobian_norms" points=6 minutes=40 difficulty=3 section="ch03-vanish"
def state_jacobian_norms(hs: Array, Wh: Array) -> Array:
    """hs (T, H), Wh (H, H) -> for each step t the spectral norm of the derivative of the last state by h_t, (T,)."""
    ### BEGIN SOLUTION
    T, H = hs.shape
    norms, M = np.ones(T), np.eye(H)
    for t in reversed(range(1, T)):
        J = Wh * (1 - hs[t] ** 2)
        M = J @ M
        norms[t - 1] = np.linalg.norm(M, 2)
    return norms
    ### END SOLUTION


# %% [markdown]
# ### See it: vanishing, and sometimes exploding
#
# Once `state_jacobian_norms` works, run this cell.
# A random $W_h$ is scaled so that its largest eigenvalue is 0.5, 1 or 1.5 in size.
# On the left the network runs without any input, in its state of rest at zero; on the right random inputs push its units
# up and down.
# Where do gradients explode, and why not on the right as well?
# (Remember the slope of tanh: it is 1 only where the state is 0.)

# %% active="ipynb" alt="Left, norms fall, stay or grow with weights of 0.5, 1 and 1.5; right, with inputs, they all fall faster."
# import matplotlib.pyplot as plt
#
# rng, T, H = np.random.default_rng(2), 40, 32
# W = rng.normal(size=(H, H))
# W = W / abs(np.linalg.eigvals(W)).max()
# pushes = {"no inputs": np.zeros((T, H)), "random inputs": rng.normal(size=(T, H))}
# figure, both = plt.subplots(1, 2, figsize=(6.5, 3.2), dpi=150, layout="constrained", sharey=True)
# for axes, (title, push) in zip(both, pushes.items()):
#     for size, marker in ((0.5, "o"), (1.0, "s"), (1.5, "^")):
#         hs, state = np.zeros((T, H)), np.zeros(H)
#         for t in range(T):
#             hs[t] = state = np.tanh(push[t] + state @ (size * W))
#         norms = state_jacobian_norms(hs, size * W)
#         axes.semilogy(norms, marker=marker, markevery=5, label=f"{size}" if axes is both[0] else None)
#         print(f"{title:13}  {size}: norm at the first step {norms[0]:.0e}")
#     axes.set(title=title, xlabel="step t")
# both[0].set_ylabel("norm of $\\partial h_{T-1} / \\partial h_t$")
# figure.legend(loc="outside upper center", ncols=3, title="largest eigenvalue of $W_h$")
# plt.show()

# %% [markdown] statement="clip_by_global_norm"
# ## When it grows too long: `clip_by_global_norm`
#
# Now and then a gradient comes back enormous, and one step along it would ruin the weights.
# How can it be made shorter without being bent?
#
# Take all gradients together as one long vector, and measure its length:
#
# $$\mathrm{norm} = \sqrt{\sum_{g} \sum_{i} g_i^2}$$
#
# If it is longer than `max_norm`, multiply **every** entry of every array by the same number, `max_norm / norm`.
# If it is not, leave everything as it is: nothing is ever made longer.
#
# | name | meaning |
# |---|---|
# | `grads` | a list of arrays of any shapes, possibly empty |
# | `max_norm` | a number above 0 |
# | returns | the list of the clipped arrays, in the same order and with the same shapes, and the norm **before** clipping, a float |
#
# Some cases need care:
#
# - If an entry of any of the arrays is NaN or infinite, raise a `ValueError`: such a gradient cannot be mended by scaling.
# - If all entries are zero, the norm is 0 and zeros come back.
# - For an empty list, return an empty list and `0.0`.
#
# What was passed in belongs to the caller: write into none of the arrays, nor into the list.
# (PyTorch adds `1e-6` to the norm before it divides; you may do so too.)
#
# **By hand**, with `max_norm=1`:
#
# ```text
# grads   = [3], [[0, 4]]
# norm    = sqrt(9 + 0 + 16) = 5
# scale   = min(1, 1/5)      = 0.2
# clipped = [0.6], [[0, 0.8]]
# ```

# %% [markdown] hints="clip_by_global_norm"
# 1. If each array were shortened by itself, would the whole vector still point the same way?
# 2. Look for NaN and infinity first, with `np.isfinite`. Then add up the squares of all arrays and take one square root
#    at the end. When may you not divide by the norm?
# 3. One scale for all: 1 when the norm is at most `max_norm` (which takes care of zeros and of the empty list), else
#    `max_norm / norm`. Return the list of each array times the scale, and the norm.


# %% exercise="clip_by_global_norm" points=4 minutes=15 difficulty=1 section="ch03-explodes"
def clip_by_global_norm(grads: list[Array], max_norm: float) -> tuple[list[Array], float]:
    """Arrays of any shapes -> the arrays, scaled so that their common norm is at most max_norm; the norm before."""
    ### BEGIN SOLUTION
    if not all(np.isfinite(g).all() for g in grads):
        raise ValueError("a gradient holds NaN or infinity")
    norm = sum((g**2).sum() for g in grads) ** 0.5
    scale = max_norm / norm if norm > max_norm else 1.0
    return [g * scale for g in grads], float(norm)
    ### END SOLUTION


# %%
from typing import TypeAlias

import torch

State: TypeAlias = "torch.Tensor | tuple[torch.Tensor, ...] | None"

# %% [markdown] statement="train_step"
# ## One step of training: `train_step`
#
# In PyTorch the way back is written already.
# What is left to you is the order of things: what has to happen, and when, so that a recurrent network learns from a
# stream that arrives chunk by chunk?
#
# 1. Forget the gradients that are left from before.
# 2. Run the model forward from the state that you were given.
# 3. Compute the mean cross-entropy over all examples and steps, in nats.
# 4. Go backward.
# 5. Clip the gradients of all parameters together to a norm of at most 1 (`torch.nn.utils.clip_grad_norm_` does it).
# 6. Let the optimizer take its step.
# 7. Hand back the loss and the new state.
#
# The next chunk goes on from that state.
# But the gradient must not go on into this chunk, whose weights have changed since: so the state that you hand back has to
# be *detached*, a value without a history.
#
# | name | meaning |
# |---|---|
# | `model` | a `torch.nn.Module`; `model(x, state)` returns `logits, state` with `logits` of shape `(B, T, V)` |
# | `optimizer` | any optimizer from `torch.optim`, over the parameters of the model |
# | `x`, `y` | `(B, T)` whole numbers: the symbols, and for each the symbol to be predicted |
# | `state` | `None`, a tensor, or a tuple of tensors; `None` stands for the start of a stream |
# | returns `loss` | a Python `float`, no tensor: the loss of step 3, from before the weights changed |
# | returns `state` | what the model returned as its new state, detached: `None` stays `None`, a tensor a tensor, a tuple of tensors a tuple of tensors |
#
# This function is the one exception to the rule of purity: it changes the model, as a step of training should.
# It must work with a model that is on a GPU, so create no tensors on the CPU.
# The model is finished and handed to you: you need no layers here, and PyTorch's ready-made recurrent ones are not
# allowed.
#
# **By hand**: a model whose weights are all zero gives every one of `V=4` symbols the same logit.
# Its loss is $\log 4 = 1.3863$, whatever `x` and `y` are.

# %% [markdown] hints="train_step"
# 1. `backward()` adds to the gradients that are there. Where in your list does that matter, and what undoes it?
# 2. `torch.nn.functional.cross_entropy` wants one row of logits for each target: flatten the batch and time axes of the
#    logits into one, and `y` likewise. `.item()` makes a number of a tensor. A tuple has no `.detach()`, but each of
#    its tensors has.
# 3. In this order: the optimizer's `zero_grad`, the model's call, the cross-entropy of `logits.flatten(0, 1)` and
#    `y.flatten()`, then the loss's `backward`, the clipping of `model.parameters()` at 1.0, and the optimizer's `step`.
#    For the state, three cases: if it is a tuple, make a new tuple of its detached parts; if it is a tensor, detach it;
#    if it is `None`, leave it.


# %% exercise="train_step" points=6 minutes=30 difficulty=2 section="ch03-training" library="torch"
def train_step(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, y: torch.Tensor, state: State
) -> tuple[float, State]:
    """One step of training on x, y (B, T) from `state` -> the loss before the step (float), the new state, detached."""
    ### BEGIN SOLUTION
    optimizer.zero_grad()
    logits, new = model(x, state)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="mean")
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    if isinstance(new, tuple):
        new = tuple(part.detach() for part in new)
    elif new is not None:
        new = new.detach()
    return loss.item(), new
    ### END SOLUTION


# %% [markdown]
# ### See it: a state that is handed on
#
# Once `train_step` works, run this cell; it takes some seconds.
# A network reads an endless stream of random digits from 0 to 3, in chunks of four, and has to say which digit it saw
# three steps ago.
# For the first three of each chunk, that digit stood in the chunk before.
# One network is handed the state of the chunk before, the other starts each chunk from nothing.
# What is the best loss that the second can hope for?
# And no gradient ever reaches into the chunk before: at which of the four steps of
# a chunk can the first network learn to remember?

# %% active="ipynb" alt="The loss falls to almost zero where the state is handed on, and stays near 1.04 where it is not."
# import matplotlib.pyplot as plt
#
#
# class Memory(torch.nn.Module):
#     """A plain recurrent network: an embedding, a tanh layer, a read-out."""
#
#     def __init__(self):
#         super().__init__()
#         self.embed = torch.nn.Embedding(4, 32)
#         self.loop = torch.nn.Linear(32, 32)
#         self.output = torch.nn.Linear(32, 4)
#
#     def forward(self, x, state):
#         state = torch.zeros(len(x), 32) if state is None else state
#         states = []
#         for symbol in self.embed(x).unbind(dim=1):
#             state = torch.tanh(symbol + self.loop(state))
#             states.append(state)
#         return self.output(torch.stack(states, dim=1)), state
#
#
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# for handed_on, style in ((True, "-"), (False, "--")):
#     torch.manual_seed(0)
#     stream = torch.randint(4, (32, 4 * 300 + 3))
#     model, state, losses = Memory(), None, []
#     adam = torch.optim.Adam(model.parameters(), lr=0.01)
#     for n in range(300):
#         y = stream[:, 4 * n : 4 * n + 4]
#         x = stream[:, 4 * n + 3 : 4 * n + 7]
#         loss, state = train_step(model, adam, x, y, state if handed_on else None)
#         losses.append(loss)
#     smooth = np.convolve(losses, np.ones(10) / 10, mode="valid")
#     axes.plot(smooth, style, label="state handed on" if handed_on else "state forgotten")
#     print(f"{'handed on' if handed_on else 'forgotten'}: mean loss of the last 50 steps {np.mean(losses[-50:]):.2f}")
# axes.axhline(0.75 * np.log(4), color="gray", linestyle=":", label="best without the state")
# axes.set(xlabel="step of training", ylabel="loss", ylim=(0, 1.6))
# figure.legend(loc="outside upper center", ncols=2)
# plt.show()
