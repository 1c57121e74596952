"""Functions for a pool of the kind python: plain Python, nothing of procpool in it.

    procpool pool create py --workers 4 --python tasks.py
    procpool map square ::: 1 2 3
"""

import collections
import os
import re
import time
import urllib.error
import urllib.request

prefix = ""


def set_up(words):
    """An initializer: `--initializer set_up` with the arguments ["words"]."""
    global prefix
    prefix = words


def greet(name):
    return prefix + name


def square(x):
    return x * x


def add(a, b):
    return a + b


def fail_every_third(n):
    if n % 3 == 0:
        raise ValueError(f"bad number {n}")
    return n


def slow(seconds):
    time.sleep(seconds)
    return seconds


def words_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return re.findall(r"[a-z]+", file.read().lower())


def count_words(path):
    """How often each word is in a file."""
    return collections.Counter(words_of(path))


def word_count(path):
    """How many words are in a file."""
    return len(words_of(path))


def is_prime(number):
    if number < 2:
        return False
    divisor = 2
    while divisor * divisor <= number:
        if number % divisor == 0:
            return False
        divisor += 1
    return True


def count_primes(low, high):
    """How many primes there are from `low` up to, but not including, `high`."""
    return sum(map(is_prime, range(low, high)))


def fetch(url):
    """[url, status, bytes]; an answer like 404 is a result, no answer is an error."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return [url, answer.status, len(answer.read())]
    except urllib.error.HTTPError as refusal:
        with refusal:
            return [url, refusal.code, len(refusal.read())]


def whoami():
    """The process that this worker is."""
    return os.getpid()
