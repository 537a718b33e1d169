"""Dash: the rows are loaded once per process, what is computed from them is memoised, as its page on speed says."""

import base64
import functools
import io

import standard
from dash import Dash, Input, Output, callback, dash_table, dcc, html

df = standard.load()
app = Dash(__name__)
server = app.server
app.layout = html.Div(
    [
        html.Label(["Days", dcc.Slider(1, 100, 1, value=20, marks=None, id="n")]),
        html.Label(["Region", dcc.Dropdown(standard.REGIONS, "North", id="region")]),
        html.Label(["Since", dcc.DatePickerSingle(date="2021-01-01", id="since")]),
        dash_table.DataTable(id="table"),
        html.Img(id="chart"),
        html.P(id="words"),
    ]
)


@functools.lru_cache
def summary(region, since):
    chosen = standard.choose(df, region, since)
    return standard.table(chosen), standard.daily(chosen)


@callback(Output("table", "data"), Input("region", "value"), Input("since", "date"))
def show_table(region, since):
    return summary(region, since)[0].reset_index().to_dict("records")


@callback(
    Output("chart", "src"),
    Output("words", "children"),
    Input("n", "value"),
    Input("region", "value"),
    Input("since", "date"),
)
def show_chart(n, region, since):
    picture = io.BytesIO()
    standard.draw(summary(region, since)[1], n).savefig(picture, format="png")
    return f"data:image/png;base64,{base64.b64encode(picture.getvalue()).decode()}", f"made for {n}"
