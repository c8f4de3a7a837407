"""Instant checks for the exercises of the chapters, and the questions of their figures, one module a chapter.

A check takes the reader's answer and says what it found: still open, right, or wrong with the likely cause. It never
shows a stack trace. How they are made: `_exercise`.
"""

import importlib
import pkgutil

__all__ = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def __getattr__(name: str):
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
