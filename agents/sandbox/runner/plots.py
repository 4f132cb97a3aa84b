"""A matplotlib backend for programs that run alone: what is shown becomes a file of the workspace."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from matplotlib.backend_bases import FigureManagerBase, Gcf
from matplotlib.backends.backend_agg import FigureCanvasAgg

_NUMBERS = count(1)


class FigureManager(FigureManagerBase):  # type: ignore[misc]  # matplotlib is not installed beside the application
    """Draws nothing on a screen."""

    @classmethod
    def pyplot_show(cls, *_: Any, **__: Any) -> None:
        """Save every open figure as `plot-N.png`, and close it as its window would be closed."""
        for manager in Gcf.get_all_fig_managers():
            manager.canvas.figure.savefig(_free_name())
        Gcf.destroy_all()


class FigureCanvas(FigureCanvasAgg):  # type: ignore[misc]
    """Draws in memory."""

    manager_class = FigureManager


def _free_name() -> str:
    return next(name for number in _NUMBERS if not Path(name := f"plot-{number}.png").exists())
