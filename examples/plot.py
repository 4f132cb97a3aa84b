"""Runs in the sandbox: a table, a plot and a file, which come out as artifacts."""

import matplotlib.pyplot as plt
import pandas as pd

sales = pd.DataFrame({"month": ["May", "June", "July"], "barometers": [19, 23, 42]})
sales.plot.bar(x="month", y="barometers")
plt.show()
sales.to_csv("sales.csv", index=False)
print("in all", sales.barometers.sum())
