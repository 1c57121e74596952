"""The functions that the benches call, for our Python workers and for those of
multiprocessing; functions.cpp has the same ones."""


def noop():
    pass


def same(x):
    return x


def square(x):
    return x * x
