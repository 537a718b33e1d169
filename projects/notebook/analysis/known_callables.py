"""What well-known callables do to what they are given.

Python does not say whether a call changes its receiver or its arguments. Where the text leaves it open, the analysis
assumes a change; these tables take back that assumption for the calls that notebooks are full of. A table is the
wrong place for anything that only most versions of a library do: when in doubt, leave it out, and the cell runs once
too often rather than once too rarely.
"""

from __future__ import annotations

import builtins

BUILTINS = frozenset(dir(builtins)) | {
    "__name__",
    "__file__",
    "__doc__",
    "__builtins__",
    "display",
    "get_ipython",
    "exit",
    "quit",
}

# Builtins whose result is immutable, whatever they are given.
IMMUTABLE_BUILTINS = frozenset(
    "abs all any ascii bin bool bytes callable chr complex divmod float format hasattr hash hex id int isinstance "
    "issubclass len oct ord pow print range repr round str display frozenset type input".split()
)
# Builtins whose result holds, or may be, what they are given.
HOLDING_BUILTINS = frozenset(
    "dict enumerate filter getattr iter list map max memoryview min next reversed set slice sorted super tuple vars "
    "zip".split()
)
ITERATOR_BUILTINS = frozenset("enumerate filter iter map open reversed zip".split())
# Builtins that change an argument: its position.
CHANGING_BUILTINS = {"next": 0, "setattr": 0, "delattr": 0}
# Names that read or write the namespace behind the analysis' back.
NAMESPACE_BUILTINS = frozenset("eval exec globals get_ipython".split())
# The same when called without arguments at the top of a cell.
BARE_NAMESPACE_BUILTINS = frozenset("locals vars dir".split())

# Methods that, in Python's own types and in the data libraries, leave their receiver and arguments as they are.
# `inplace=True` and `out=` are looked at separately.
OBSERVING_METHODS = frozenset(
    # str, bytes, numbers, dates
    "capitalize casefold center encode decode endswith startswith expandtabs find rfind index rindex format format_map "
    "isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper join "
    "ljust lower lstrip maketrans removeprefix removesuffix replace rjust rpartition rsplit rstrip split splitlines "
    "strip swapcase title translate upper zfill hex bit_length to_bytes as_integer_ratio is_integer conjugate "
    "isoformat strftime strptime timestamp date time timetuple weekday isoweekday isocalendar astimezone utcoffset "
    "total_seconds combine fromisoformat today now group groups groupdict start end span match fullmatch search "
    "findall finditer "
    # list, dict, set, tuple
    "count copy get items keys values union intersection difference symmetric_difference issubset issuperset "
    "isdisjoint "
    "most_common elements total new_child deepcopy "
    # pathlib
    "exists is_file is_dir joinpath with_suffix with_name relative_to resolve absolute glob rglob iterdir read_text "
    "read_bytes stat as_posix expanduser "
    # numpy
    "all any argmax argmin argpartition argsort astype byteswap choose clip compress conj cumprod cumsum diagonal dot "
    "dumps flatten item max mean min nonzero prod ptp ravel repeat reshape round searchsorted squeeze std sum swapaxes "
    "take tobytes tolist trace transpose var view to_device "
    # pandas
    "abs add_prefix add_suffix agg aggregate align apply applymap asfreq asof assign at_time autocorr between "
    "between_time bfill boxplot case_when combine_first compare convert_dtypes corr corrwith cov cummax cummin "
    "describe diff div divide drop drop_duplicates droplevel dropna duplicated eq equals ewm expanding explode "
    "factorize ffill fillna filter first first_valid_index floordiv from_dict from_records ge get_group groupby gt "
    "head "
    "hist idxmax idxmin infer_objects info interpolate isin isna isnull iterrows itertuples kurt kurtosis last "
    "last_valid_index le lt map mask median melt memory_usage merge mod mode mul multiply ne nearest ngroup nlargest "
    "notna notnull nsmallest nunique ohlc pct_change pipe pivot pivot_table plot product quantile query radd rank rdiv "
    "reindex reindex_like rename rename_axis reorder_levels resample reset_index rfloordiv rmod rmul rolling rpow rsub "
    "rtruediv sample select select_dtypes sem set_axis set_flags set_index shift size skew sort_index sort_values "
    "stack sub subtract swaplevel tail to_clipboard to_csv to_datetime to_dict to_excel to_feather to_frame to_html "
    "to_json to_latex to_list to_markdown to_numpy to_orc to_parquet to_period to_pickle to_records to_series to_sql "
    "to_string to_timestamp to_xarray transform truediv truncate tz_convert tz_localize unique unstack value_counts "
    "where xs contains extract extractall get_dummies cat len slice day_name month_name normalize floor ceil "
    "get_loc get_level_values highlight_max highlight_min background_gradient "
    # scikit-learn, statsmodels
    "predict predict_proba predict_log_proba decision_function score inverse_transform get_params "
    "get_feature_names_out summary conf_int get_prediction forecast "
    # figures: showing and saving, and Altair's charts, whose methods return copies
    "show savefig write_html write_image to_image to_plotly_json get_figure get_lines get_xlim get_ylim "
    "mark_area mark_bar mark_circle mark_line mark_point mark_rect mark_rule mark_text mark_tick mark_boxplot mark_arc "
    "mark_geoshape encode properties interactive add_params add_selection transform_filter transform_calculate "
    "transform_aggregate transform_fold transform_window facet configure_axis configure_view configure_legend "
    "resolve_scale".split()
)
# Methods that change their receiver, which afterwards holds the arguments. The arguments stay as they are.
KEEPING_METHODS = frozenset(
    "add append appendleft extend extendleft insert put put_nowait push setdefault update __setitem__ __setattr__ "
    "difference_update intersection_update symmetric_difference_update".split()
)
# Methods that change their receiver only.
CHANGING_METHODS = frozenset(
    "clear discard pop popitem popleft remove reverse rotate sort fill resize setflags send throw close read readline "
    "readlines write writelines seek truncate fit fit_transform fit_predict partial_fit set_params "
    "plot_surface scatter bar barh fill_between errorbar imshow axhline axvline annotate text legend grid twinx twiny "
    "set_title set_xlabel set_ylabel set_xlim set_ylim set_xticks set_yticks set_xticklabels set_yticklabels "
    "set_yscale set_xscale set_ylabel tick_params tight_layout suptitle colorbar add_subplot add_axes subplots_adjust "
    "autofmt_xdate set_size_inches add_trace add_traces add_hline add_vline add_shape add_annotation add_bar "
    "add_scatter update_layout update_traces update_xaxes update_yaxes update_annotations for_each_trace seed shuffle "
    "random integers normal uniform choice standard_normal permutation".split()
)
# Methods whose result is inside the receiver.
GETTING_METHODS = frozenset(
    "get items values pop popitem popleft setdefault copy __getitem__ most_common elements".split()
)
# Attributes whose methods observe, whatever they are called: pandas' accessors.
OBSERVING_ACCESSORS = frozenset({"plot", "str", "dt", "cat", "sparse", "struct"})

# Attributes that hold immutable values wherever they occur.
IMMUTABLE_ATTRIBUTES = frozenset(
    "shape ndim size nbytes itemsize dtype empty name real imag year month day hour minute second microsecond stem "
    "suffix numerator denominator __name__ __doc__ __len__ n_features_in_".split()
)

# Top-level packages whose functions leave their arguments as they are, but for the functions below.
OBSERVING_PACKAGES = frozenset(
    "altair base64 bokeh calendar cmath collections colorsys copy csv datetime decimal difflib fractions functools "
    "hashlib html io IPython itertools json locale logging math matplotlib mpl_toolkits numpy operator os pandas "
    "palmerpenguins pathlib plotly plotnine polars pprint pyarrow pydeck re scipy seaborn sklearn statistics "
    "statsmodels string sys textwrap time tqdm types typing unicodedata urllib vega_datasets warnings xml zoneinfo "
    "gapminder contextlib dataclasses enum uuid tabulate rich".split()
)
# Functions that change an argument all the same: dotted path -> position of the argument.
CHANGING_FUNCTIONS = {
    "numpy.copyto": 0,
    "numpy.fill_diagonal": 0,
    "numpy.place": 0,
    "numpy.put": 0,
    "numpy.put_along_axis": 0,
    "numpy.putmask": 0,
    "numpy.random.shuffle": 0,
    "random.shuffle": 0,
    "heapq.heapify": 0,
    "heapq.heappop": 0,
    "heapq.heappush": 0,
    "heapq.heappushpop": 0,
    "heapq.heapreplace": 0,
    "bisect.insort": 0,
    "bisect.insort_left": 0,
    "bisect.insort_right": 0,
    "operator.setitem": 0,
    "operator.delitem": 0,
    "operator.iadd": 0,
    "operator.iconcat": 0,
    "csv.writer": 0,
    "json.dump": 1,
    "json.load": 0,
    "pickle.dump": 1,
    "pickle.load": 0,
    "dict.update": 0,
    "list.append": 0,
    "matplotlib.pyplot.sca": 0,
}
# Functions whose result holds their arguments, or calls them later.
HOLDING_FUNCTIONS = frozenset(
    "functools.partial functools.partialmethod functools.wraps functools.lru_cache functools.cache functools.reduce "
    "functools.singledispatch numpy.vectorize numpy.frompyfunc numpy.asarray numpy.asanyarray numpy.atleast_1d "
    "numpy.ravel numpy.reshape numpy.transpose numpy.squeeze numpy.broadcast_to numpy.split numpy.array_split "
    "copy.copy itertools.chain itertools.chain.from_iterable itertools.islice itertools.cycle itertools.tee "
    "itertools.groupby itertools.accumulate itertools.zip_longest itertools.product itertools.starmap "
    "itertools.takewhile itertools.dropwhile itertools.filterfalse itertools.compress itertools.repeat "
    "collections.ChainMap collections.deque collections.OrderedDict collections.defaultdict types.SimpleNamespace "
    "types.MappingProxyType tqdm.tqdm tqdm.auto.tqdm tqdm.notebook.tqdm operator.itemgetter operator.attrgetter "
    "typing.cast".split()
)
ITERATOR_PACKAGES = frozenset({"itertools", "csv"})
IMMUTABLE_FUNCTIONS = frozenset(
    "datetime.date datetime.datetime datetime.time datetime.timedelta datetime.date.today datetime.datetime.now "
    "datetime.datetime.fromisoformat datetime.date.fromisoformat datetime.datetime.strptime datetime.timezone "
    "pandas.Timestamp pandas.to_datetime pandas.Timedelta decimal.Decimal fractions.Fraction pathlib.Path "
    "zoneinfo.ZoneInfo uuid.UUID "
    "os.path.join os.getcwd os.getenv time.time time.perf_counter".split()
) | {
    f"math.{name}"
    for name in "ceil floor sqrt exp log log10 log2 pow sin cos tan gcd factorial fsum prod hypot comb".split()
}
# Modules whose functions draw on the figure of the cell, which nobody sees after it: `plt.scatter`, `plt.close`.
DRAWING_MODULES = frozenset({"matplotlib.pyplot"})
# Functions of modules that change the module's own state: later users of the module see it.
SETTING_FUNCTIONS = frozenset(
    "set_option reset_option set_theme set_style set_palette set_context set_printoptions seterr seed use rc "
    "rcdefaults "
    "filterwarnings simplefilter resetwarnings setlocale basicConfig chdir putenv enable disable register "
    "disable_max_rows register_page setrecursionlimit set_config set_loglevel set_matplotlib_formats switch_backend "
    "reload patch load_dotenv manual_seed init_notebook_mode register_matplotlib_converters".split()
)

# Decorators that neither call what they decorate at once nor keep what it computed.
PLAIN_DECORATORS = frozenset(
    "property staticmethod classmethod abstractmethod override overload final wraps contextmanager asynccontextmanager "
    "dataclass total_ordering runtime_checkable setter getter deleter unique no_type_check define frozen "
    "dataclasses.dataclass functools.wraps functools.total_ordering typing.override typing.overload typing.final "
    "contextlib.contextmanager contextlib.asynccontextmanager abc.abstractmethod enum.unique "
    "typing.runtime_checkable attr.s attrs.define".split()
)
# Decorators that may keep what the function computes, and call it only when it is called. Others may call it at once.
DEFERRING_DECORATORS = frozenset(
    "functools.cache functools.lru_cache functools.cached_property functools.singledispatch functools.partialmethod "
    "functools.singledispatchmethod numba.jit numba.njit numba.vectorize numba.guvectorize numpy.vectorize "
    "atexit.register contextlib.ContextDecorator tenacity.retry torch.no_grad torch.compile jax.jit".split()
)
# Context managers that may swallow an exception of their body, so that what it binds may be missing afterwards.
SWALLOWING_CONTEXTS = frozenset("suppress raises assertRaises ignored ExitStack AsyncExitStack TaskGroup".split())

# Methods and functions that evaluate a string in the caller's namespace: pandas' `@name`, numexpr, formulas, SQL.
FRAME_READERS_AT = frozenset({"query", "eval"})
FRAME_READERS_PLAIN = frozenset(
    {
        "sql",
        "execute",
        "sqldf",
        "evaluate",
        "query_df",
        "from_query",
        "ols",
        "gls",
        "wls",
        "glm",
        "logit",
        "probit",
        "poisson",
        "mixedlm",
        "rlm",
        "quantreg",
        "from_formula",
        "dmatrix",
        "dmatrices",
    }
)


def called_package(path: str) -> str:
    """The top-level package of a dotted path."""
    return path.partition(".")[0]
