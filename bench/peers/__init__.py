"""The standard app of a million rows, written for Voilà, marimo, Streamlit and Dash, beside ours: same machine, same
browser, same run, same words.

* **opened**: from the beginning of the navigation until the page shows the chart for the default value, loaded and
  visible, with its words. Each time in a new browser window with an empty cache.
* **second viewer**: the same while the first viewer's window stays open.
* **change**: from the key pressed on the slider (→) until the page shows the new chart, loaded and visible, with its
  words. Whatever a product does in between (wait for more keys, play, draw, send, decode) is part of it.
* **memory**: proportional set size of all processes of the product's server; memory that is shared is counted once.

The apps are in `apps/`, as each product's documentation would have them; their environments are made by `make bench`.
"""
