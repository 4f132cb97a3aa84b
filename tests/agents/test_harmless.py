"""What code may do unasked: whatever is not known to be harmless is a risk, however it is dressed up."""

from __future__ import annotations

import pytest

from agents.safety.harmless import CHECKED_CHARS, risk

HARMLESS = [
    "print(90 * 12)",
    "total",
    "from __future__ import annotations",
    "import math, statistics\nprint(math.sqrt(2), statistics.mean([1, 2]))",
    "from collections import Counter\nCounter('abca').most_common(1)",
    "import pandas as pd\nprices = pd.read_csv('inputs/prices-1.csv')\nprint(prices.describe())",
    "df.groupby('plan').agg({'price': 'sum'}).rename(columns={'price': 'total'})",
    "df.groupby('plan').agg(total=('price', 'sum'))",
    "print(df.to_string(index=False))",
    "rows = sorted(rows, key=lambda row: row[1])\nfor row in rows:\n    print(*row)",
    "def twice(x: float) -> float:\n    return 2 * x\nprint(list(map(twice, [1, 2])))",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.bar(['a'], [1])\nax.set_title('x')\nplt.show()",
    "from scipy import stats\nprint(stats.ttest_ind([1, 2], [2, 3]).pvalue)",
    "try:\n    print(int('x'))\nexcept ValueError as error:\n    print(error)",
    "from dataclasses import dataclass\n@dataclass\nclass Plan:\n    price: int\nprint(Plan(90))",
    "print('价格', f'{1:>5}')",
]
RISKY = {
    "open": "open('x', 'w').write('y')",
    "open by another name": "f = open\nf('x', 'w')",
    "open in full width": "ｏｐｅｎ('x', 'w')",
    "open in an f-string": "f\"{open('x', 'w')}\"",
    "open in a list": "[open][0]('x', 'w')",
    "open in a lambda never called": "lambda: open('x')",
    "exec": "exec('1')",
    "eval": "eval('1')",
    "import of the system": "import os",
    "import from the system": "from os import system",
    "import beside a harmless one": "import math, subprocess",
    "import of a private module": "import numpy._core",
    "import of everything": "from numpy import *",
    "import of a writer": "from numpy import save",
    "import of a writing module": "import scipy.io as s\ns.savemat('x', {})",
    "import from here": "from . import x",
    "dunder import": "__import__('os')",
    "getattr": "getattr(df, 'to' + '_csv')('x')",
    "globals": "globals()['open']",
    "builtins": "__builtins__",
    "classes": "().__class__.__base__.__subclasses__()",
    "csv of a table": "df.to_csv('x')",
    "csv by another name": "f = df.to_csv\nf('x')",
    "csv by its name": "df.agg('to_csv')",
    "csv by a name put together": "n = 'to' + '_csv'\ndf.agg(n)",
    "csv by name in a list": "df.agg(['sum', 'to_csv'])",
    "csv handed on": "list(map(df.to_csv, ['x']))",
    "csv in a query": "df.query('@df.to_csv(\"x\")')",
    "text of a table to a file": "df.to_string('x')",
    "text of a table to a named file": "df.to_string(buf='x')",
    "text of a table handed on": "list(map(df.to_string, ['x']))",
    "text of a table hidden in a dictionary": "df.to_string(**{'buf': 'x'})",
    "array": "np.save('x', a)",
    "figure": "plt.savefig('x.png')",
    "file of a path": "p.write_text('x')",
    "path moved": "p.rename('x')",
    "path gone": "p.unlink()",
    "field of a format": "import string\nstring.Formatter().get_field('0.to_csv', (df,), {})[0]('x')",
    "print into a file": "print(1, file=f)",
    "function of an earlier cell": "save('x')",
    "function of an earlier cell renamed": "g = save\ng('x')",
    "function of an earlier cell as a builtin": "print = save\nprint('x')",
    "function of an earlier cell as an argument": "def call(f):\n    f('x')\ncall(save)",
    "function of an earlier cell as a decorator": "@save\ndef f(): pass",
    "function of an earlier cell as a key": "sorted(['x'], key=save)",
    "function of an earlier cell in a match": "match save:\n    case print: print('x')",
    "shell of IPython": "!touch x",
    "magic of IPython": "%logstart",
    "magic without its sign": "logstart",
    "cell magic": "%%bash\ntouch x",
    "IPython itself": "get_ipython().system('touch x')",
    "loop without end": "while True:\n    pass",
    "loop with a condition": "while x < 3:\n    x += 1",
    "asynchronous": "async def f(): await g()\n",
    "waiting": "import time\ntime.sleep(100)",
    "asking": "input()",
    "hidden direction": "print('\u202eab')",
    "hidden characters": "print(1)\u200b",
    "not Python": "print(",
    "nested beyond reading": "(" * 5000 + ")" * 5000,
    "too long to read": "x = 1\n" * CHECKED_CHARS,
}


@pytest.mark.parametrize("code", HARMLESS)
def test_calculations_and_plots_are_harmless(code: str) -> None:
    assert risk(code) == ""


@pytest.mark.parametrize("code", RISKY.values(), ids=RISKY.keys())
def test_whatever_may_write_or_wait_is_a_risk_in_half_a_sentence(code: str) -> None:
    found = risk(code)
    assert found.startswith("it ")
    assert "\n" not in found
    assert not found.endswith(".")


def test_the_risk_is_named() -> None:
    assert risk("import os") == "it imports os"
    assert risk("f = open") == "it uses open"
    assert ".to_csv" in risk("df.to_csv('x')")
    assert "while" in risk("while True: pass")
