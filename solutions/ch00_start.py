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
# # How to know that you are right
#
# In this course you write networks by hand, their gradients included.
# A wrong gradient raises no exception: the network learns a little worse, and nobody tells you why.
# So you begin with the two tools that tell you: a gradient found by trying, and a number for how far two gradients are
# apart.
#
# These rules hold in every notebook:
#
# - Letters: `B` examples in a batch, `T` time steps, `D` input features, `H` hidden units, `V` symbols.
# - Batch first: an input is `(B, D)`, a sequence `(B, T, D)`.
# - Weights are applied from the right: `x @ W + b`, with `x (B, D)`, `W (D, H)` and `b (H,)`.
# - Functions are pure: they change nothing that is passed in, and they remember nothing between calls.
# - Results are NumPy arrays, not lists; several results are returned as a tuple, in the order that is asked for.
# - Arrays are usually `float64`.
#   One may also be `float32`, transposed or strided: only its values count.
# - Inputs are what the statement promises.
#   Where it asks for a `ValueError`, raise one.
# - NumPy exercises are done without PyTorch and without automatic differentiation.
#   Python's own library is welcome, and so is SciPy.
# - PyTorch exercises say so; make new tensors on the device of the inputs, and leave `torch.nn`'s ready-made recurrent
#   layers alone.
# - Each exercise stands alone: do them in any order, and leave one out if you like.
#
# Write your answer in place of the line that raises `NotImplementedError`, then run the cell below it.
# The checks draw new inputs at every run.

# %%
from collections.abc import Callable

import numpy as np

Array = np.ndarray

# %% [markdown] statement="numerical_gradient"
# ## Feel the slope: `numerical_gradient`
#
# You stand on a hillside in the fog.
# How steep is it towards the north?
# Take a small step north and a small step south, and compare the heights.
#
# Here the height is any function $f$ that turns an array $x$ into one number.
# Entry $i$ of the gradient says how much $f$ changes when entry $i$ of $x$ alone is moved:
#
# $$g_i = \frac{f(x + \epsilon\, e_i) - f(x - \epsilon\, e_i)}{2\,\epsilon}$$
#
# $e_i$ is 1 at entry $i$ and 0 everywhere else.
# Stepping to both sides is called the *central* difference.
#
# | name | type | meaning |
# |---|---|---|
# | `f` | function | takes a `float64` array of the shape of `x`, returns a number |
# | `x` | `float64` array of any shape | where the slope is wanted |
# | `eps` | float | the length of the step, to either side |
# | returns | array of the shape of `x` | the slope in the direction of each entry |
#
# - `x` may have one axis, several, or none: then its shape is `()`.
# - It need not lie in memory in the usual order; it may be the transpose of something, or every second column.
# - After the call `x` has to hold what it held before, to the last bit.
#   Adding `eps` and subtracting it again does not do that: try `1e-10 + 0.1 - 0.1`.
# - Use `eps` as it is given, even when it is as large as 0.1, and compute in `float64`: the difference of two numbers
#   that are almost equal leaves no digits to spare.
#   In this exercise `x` is always `float64` itself.
#
# **By hand**, for the function `(x**3).sum()`, at `x = [1, 2]`, with `eps = 0.1`:
#
# ```text
# entry 0: (1.1**3 + 2**3 - 0.9**3 - 2**3) / 0.2 = 3.01
# entry 1: (1**3 + 2.1**3 - 1**3 - 1.9**3) / 0.2 = 12.01
# ```
#
# The slopes themselves are 3 and 12: so large a step leaves a small error, and that error is part of the right answer.

# %% [markdown] hints="numerical_gradient"
# 1. How many times must `f` be called for one entry of the gradient, and with what?
# 2. `np.ndindex(x.shape)` yields the index of every entry, whatever the shape, and yields `()` once when there is no
#    axis. An array of zeros with `eps` at one index is the step $\epsilon\, e_i$.
# 3. Make the array of results with `np.zeros(x.shape)`. In the loop, make a fresh `nudge` of zeros, set it to `eps` at
#    the index, call `f` on `x + nudge` and on `x - nudge`, and divide the difference by twice `eps`.


# %% exercise="numerical_gradient" points=6 minutes=25 difficulty=2 section="ch00-slope"
def numerical_gradient(f: Callable[[Array], float], x: Array, eps: float = 1e-6) -> Array:
    """The gradient of f at x by central differences: x of any shape -> an array of the same shape."""
    ### BEGIN SOLUTION
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        nudge = np.zeros(x.shape)
        nudge[index] = eps
        gradient[index] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return gradient
    ### END SOLUTION


# %% [markdown]
# ### See it: how small should a step be?
#
# The slope of $\sin$ at 1 is $\cos 1$, so we can measure how wrong each way of finding it is.
# A small step sounds better than a large one.
# Is there a step that is too small?
# And what does the second side buy?

# %% active="ipynb" alt="Error against step, both axes logarithmic: the central error falls faster than the forward one, down to 1e-11 near a step of 1e-5; for smaller steps both errors rise."
# import matplotlib.pyplot as plt
#
#
# def height(x):
#     return float(np.sin(x))
#
#
# def forward(x, eps):
#     return (height(x + eps) - height(x)) / eps
#
#
# steps, x = 10.0 ** -np.arange(1, 13), np.array(1.0)
# central_error = [abs(numerical_gradient(height, x, eps) - np.cos(1)) for eps in steps]
# forward_error = [abs(forward(x, eps) - np.cos(1)) for eps in steps]
# for name, errors in (("forward", forward_error), ("central", central_error)):
#     print(f"{name}: best step {steps[np.argmin(errors)]:.0e}, error at a step of 0.1 {errors[0]:.4f}")
# figure, axes = plt.subplots(figsize=(5, 3), dpi=150, layout="constrained")
# axes.loglog(steps, forward_error, "s--", label="forward: one side")
# axes.loglog(steps, central_error, "o-", label="central: both sides")
# axes.set(xlabel="step eps", ylabel="error of the slope")
# figure.legend(loc="outside upper center", ncols=2)
# plt.show()

# %% [markdown]
# Read the picture from the right.
# A tenth of the step leaves a tenth of the error of the forward difference, and a hundredth of that of the central one.
# Then both turn round: the two heights agree in almost all of their sixteen digits, and their difference is made of
# rounding.
# The best central step, near `1e-5`, leaves ten right digits: enough to catch any slip in a formula.
# The default step of `1e-6` is nearly as good.

# %% [markdown] statement="relative_error"
# ## How far apart: `relative_error`
#
# Two gradients differ by 0.001.
# Is that much?
# Beside entries of 1000 it is nothing, beside entries of 0.001 one of them is wrong.
# So the difference is measured by the size of what differs:
#
# $$\max_i \; \frac{|a_i - b_i|}{\max(|a_i| + |b_i|,\; 10^{-12})}$$
#
# The result is 0 where all entries are equal, and 1 where some entry differs altogether: in sign, or because one of the
# two is zero.
# The $10^{-12}$ keeps two zeros from dividing by zero, and makes little of differences between numbers even smaller.
# The *largest* entry counts, because a gradient is wrong when one entry is.
#
# | name | shape | meaning |
# |---|---|---|
# | `a`, `b` | any, also `()`, the same for both, not empty | what is compared |
# | returns | a float | the largest relative error of any entry |
#
# - When the shapes differ, raise a `ValueError`, also where NumPy would stretch one to fit the other: a bias of shape
#   `(3,)` whose gradient came out as `(1, 3)` is a mistake, and this is where you want to hear of it.
# - When there is a NaN in `a` or in `b`, wherever it stands, the result is NaN: a broken gradient must not pass.
# - Two gradients that agree to nine digits still differ a little, and the result says by how much: compute in `float64`.
#
# **By hand**, for `a = [1, 3, 0, 1e-13]` and `b = [1, 1, 0, 0]`:
#
# ```text
# entry 0: 0 / 2         = 0
# entry 1: 2 / 4         = 0.5
# entry 2: 0 / 1e-12     = 0
# entry 3: 1e-13 / 1e-12 = 0.1
# result                 = 0.5
# ```

# %% [markdown] hints="relative_error"
# 1. For one pair of numbers, what is divided by what? And for which pair would the division fail?
# 2. `np.abs` and `np.maximum` work entry by entry on whole arrays, and both hand a NaN on. Python's own `max` does not
#    always. Compare the two `.shape` before anything else.
# 3. First raise the `ValueError` if the shapes are not equal. Then divide `np.abs(a - b)` by the `np.maximum` of two
#    things, `np.abs(a) + np.abs(b)` and `1e-12`, and return the largest entry as a `float`.


# %% exercise="relative_error" points=4 minutes=15 difficulty=1 section="ch00-apart"
def relative_error(a: Array, b: Array) -> float:
    """The largest entry of abs(a - b) / max(abs(a) + abs(b), 1e-12): two arrays of one shape -> a number."""
    ### BEGIN SOLUTION
    if np.shape(a) != np.shape(b):
        raise ValueError(f"shapes {np.shape(a)} and {np.shape(b)} differ")
    errors = np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-12)
    return float(np.max(errors))
    ### END SOLUTION


# %% [markdown]
# ### See it: a slip is found
#
# The slope of $\tanh$ is $1 - \tanh^2$.
# Somebody forgets the square.
# The two formulas look much alike; do their numbers?

# %% active="ipynb"
# x = np.linspace(-2, 2, 9)
# found_by_trying = numerical_gradient(lambda x: float(np.tanh(x).sum()), x)
# for name, formula in (("1 - tanh(x)**2", 1 - np.tanh(x) ** 2), ("1 - tanh(x)", 1 - np.tanh(x))):
#     error = relative_error(formula, found_by_trying)
#     print(f"{name:15} relative error {'below 1e-7' if error < 1e-7 else f'{error:.2f}'}")

# %% [markdown]
# As a rule of thumb, with `eps` of `1e-6`: with a relative error below `1e-6` a gradient is right, above `1e-3` it is
# wrong, and between the two look closer.
# An entry that is itself nearly zero, below `1e-8` or so, is an exception: there the rounding of the heights is as large
# as the slope, and the relative error of a right gradient may come out near 1.
# Look at the difference itself then.
# Now you can trust what you write next.
