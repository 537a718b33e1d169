"""marimo: cells that run again when what they read has changed."""

import marimo

app = marimo.App()


@app.cell
def _():
    import datetime

    import marimo as mo
    import standard

    return datetime, mo, standard


@app.cell
def _(datetime, mo, standard):
    n = mo.ui.slider(1, 100, value=20, label="Days")
    region = mo.ui.dropdown(standard.REGIONS, value="North", label="Region")
    since = mo.ui.date(value=datetime.date(2021, 1, 1), label="Since")
    mo.vstack([n, region, since])
    return n, region, since


@app.cell
def _(standard):
    df = standard.load()
    return (df,)


@app.cell
def _(df, region, since, standard):
    chosen = standard.choose(df, region.value, since.value)
    standard.table(chosen)
    return (chosen,)


@app.cell
def _(chosen, standard):
    daily = standard.daily(chosen)
    return (daily,)


@app.cell
def _(daily, mo, n, standard):
    mo.vstack([standard.draw(daily, n.value), mo.md(f"made for {n.value}")])
    return


if __name__ == "__main__":
    app.run()
