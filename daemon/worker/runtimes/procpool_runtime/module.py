"""The module of a pool: how it is found, what it offers, how it is initialized."""

import importlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import sys


def load(name_or_path):
    """A path if there is a slash in it or it ends in .py, else a name to import. Happens once."""
    if os.sep not in name_or_path and not name_or_path.endswith(".py"):
        set_search_path(os.getcwd())
        return importlib.import_module(name_or_path)
    path = os.path.abspath(name_or_path)
    name = os.path.splitext(os.path.basename(path))[0]
    if name in sys.modules:
        raise ImportError("a module cannot be called %s: Python itself has one of that name" % name)
    set_search_path(os.path.dirname(path))
    if os.path.isdir(path):
        return importlib.import_module(name)
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, path, loader=loader))
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def set_search_path(directory):
    """`directory` comes first, in the place of the worker's own."""
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if sys.path and os.path.realpath(sys.path[0]) == own:
        del sys.path[0]
    sys.path.insert(0, directory)


def offered_functions(module):
    """Every public function by its bare name and as `module.function`."""
    public = {name: thing for name, thing in vars(module).items() if is_offered(name, thing, module)}
    qualified = {"%s.%s" % (module.__name__, name): thing for name, thing in public.items()}
    return {**public, **qualified}


def is_offered(name, thing, module):
    """A function that was defined in the module, decorated or not: not an imported one, not a class."""
    if name.startswith("_") or inspect.isclass(thing) or not callable(thing):
        return False
    if not inspect.isfunction(thing) and not inspect.isfunction(getattr(thing, "__wrapped__", None)):
        return False
    return getattr(thing, "__module__", None) == module.__name__


def initialize(module, name, text):
    """Calls the function `name` of the module; `text` is a JSON array of its arguments."""
    initializer = getattr(module, name, None)
    if not callable(initializer):
        raise AttributeError("module '%s' has no function '%s' to initialize the worker" % (module.__name__, name))
    arguments = json.loads(text)
    if not isinstance(arguments, list):
        raise TypeError("the initializer's arguments must be a JSON array, not %s" % text)
    initializer(*arguments)
