"""What code may name without being asked for: nothing here writes a file, starts anything or runs text as code."""

from __future__ import annotations

import builtins


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MODULES = _words(
    """
    __future__ bisect calendar cmath collections copy csv dataclasses datetime decimal enum fractions functools heapq io
    itertools json math matplotlib numbers numpy operator pandas random re scipy statistics string textwrap typing
    unicodedata warnings zoneinfo
    """
)

FUNCTIONS = _words(
    """
    Ellipsis NotImplemented abs all any ascii bin bool bytearray bytes callable chr classmethod complex dict dir display
    divmod enumerate filter float format frozenset hash hex id int isinstance issubclass len list map max min next
    object oct ord pow print property range repr reversed round set slice sorted staticmethod str sum super tuple type
    zip
    """
) | {name for name, value in vars(builtins).items() if isinstance(value, type) and issubclass(value, BaseException)}
"""Built-in functions and the classes of errors, and what an IPython shell adds to them."""

SHELL = _words("exit get_ipython logstart quit rehashx")
"""What an IPython shell knows beside Python."""

WITHOUT_PLACE = frozenset(["rename", "to_markdown", "to_string"])
"""Methods that are harmless where they are called, unless they are given a place to write to."""

TAKE_FUNCTIONS = _words("agg aggregate apply applymap filter map partial pipe reduce transform")
"""What calls its arguments; in pandas a method may be given by its name."""

RISKY_BY_NAME = _words("agg aggregate apply eval map pipe query transform")

ATTRIBUTES = _words(
    """
    abc abs absolute accumulate acos acosh add add_artist add_axes add_patch add_prefix add_subplot add_suffix agg
    aggregate align all allclose alpha amax amin anderson angle annotate annotations Any any append appendleft apply
    apply_along_axis applymap arange arccos arcsin arctan arctan2 area argmax argmin argpartition argsort argwhere array
    array_equal array_split artists as_integer_ratio as_ordered as_tuple asarray asfreq asin asinh assign astype at
    at_time atan atan2 atanh atleast_1d atleast_2d auto AutoDateLocator average axes axhline axhspan axis axline axvline
    axvspan bar bar_label barh bartlett bernoulli beta between between_time bfill bincount binned_statistic binom
    binomial bisect bisect_left bisect_right bit_count bool_ bootstrap box boxplot brentq broadcast_to BytesIO cache
    cached_property calendar Callable capitalize casefold cat Categorical CategoricalDtype categories cbrt cdf ceil
    center chain chi2 chi2_contingency chisquare choice choices cholesky Circle cla clear clf clip close cm codes
    colorbar colormaps column_stack columns comb combinations combinations_with_replacement combine combine_first
    compare compile complex128 compress concat concatenate confidence_interval conj conjugate contains contour contourf
    convolve copy copysign corr corrcoef corrwith cos cosh count count_nonzero Counter cov cross crosstab cumcount
    cummax cummin cumprod cumsum cumulative_trapezoid curve_fit cut cycle dataclass DataFrame date date_range
    DateFormatter dates datetime datetime64 DatetimeIndex day day_name dayofweek dayofyear days days_in_month Decimal
    decode dedent deepcopy default_rng defaultdict degrees delete denominator density deque describe det diag diagonal
    DictReader diff difference differential_evolution digitize digits dist distance div divide divmod dot DOTALL drop
    drop_duplicates droplevel dropna dropwhile dsplit dt dtype dtypes dumps duplicated e eig eigh eigvals einsum
    elements empty encode endswith entropy Enum eq equals erf erfc errorbar escape eventplot ewm exp exp2 expand_dims
    expanding expandtabs explode expm1 expon extend extendleft eye f f_oneway fabs factorial factorize fft fftfreq field
    fields figsize figure fill fill_between fillna filter filterwarnings find findall finditer first first_valid_index
    fit flags flat flatnonzero flatten fligner flip fliplr flipud float16 float32 float64 floor floor_divide fmean fmod
    format Fraction frexp friedmanchisquare from_dict from_product from_records from_tuples fromisoformat fromkeys
    fromordinal fromstring fromtimestamp fsolve fsum full full_like fullmatch fun FuncFormatter gamma gauss gaussian_kde
    gca gcd gcf ge Generator genfromtxt geometric_mean geomspace get get_cmap get_dummies get_figure get_group
    get_height get_legend get_legend_handles_labels get_level_values get_lines get_loc get_width get_x get_xlim
    get_xticklabels get_xticks get_y get_ylim get_yticklabels get_yticks gmean gradient grid group groupby groupdict
    Grouper groups gt harmonic_mean head heapify heappop heappush hex hexbin hist hist2d histogram histogram2d hlines
    hmean hour hours hsplit hstack hypot iat identity idxmax idxmin IGNORECASE iloc imag imread imshow in1d indent Index
    index indicate_inset indices inf infer_objects info inner insert inset_axes int16 int32 int64 int8 integer integrate
    IntEnum intercept interp interp1d interpolate intersect1d intersection Interval inv invert invert_xaxis invert_yaxis
    iqr is_integer is_monotonic_decreasing is_monotonic_increasing is_month_end is_month_start is_unique isalnum isalpha
    isascii isclose isdecimal isdigit isdisjoint isfinite isin isinf islice islower isna isnan isnull isnumeric
    isocalendar isoformat isprintable isqrt isspace issubset issuperset istitle isupper itemgetter items Iterable
    Iterator iterrows itertuples join kendalltau keys kind kruskal ks_2samp kstest kurt kurtosis label_outer last
    last_valid_index lcm ldexp le least_squares left legend len less less_equal levene lgamma limit_denominator linalg
    line linear_regression LinearSegmentedColormap lines linprog linregress linspace list ListedColormap Literal ljust
    loads loc locator_params log log10 log1p log2 logical_and logical_not logical_or logical_xor loglog lognorm logspace
    lower lru_cache lstrip lstsq lt make_interp_spline mannwhitneyu map Mapping margins markers mask match matmul matrix
    matshow max maximum MaxNLocator mean median median_high median_low melt memory_usage merge meshgrid message mid min
    minimize minimize_scalar minimum minorticks_on minute minutes mod mode modf MONDAY monte_carlo_test month month_abbr
    month_name MonthLocator months most_common move_to_end mul MultiIndex MULTILINE multimode multinomial
    MultipleLocator multiply multivariate_normal NA NamedTuple namedtuple nan nan_to_num nanargmax nanargmin nancumsum
    nanmax nanmean nanmedian nanmin nanpercentile nanquantile nanstd nansum nanvar NaT nbytes ndarray ndenumerate ndim
    ne neg newaxis newton nit nlargest nonzero norm normal Normalize normalize normaltest normalvariate notna notnull
    now nsmallest nth NullFormatter numerator nunique odeint offsets ones ones_like optimize option_context Optional
    options OrderedDict outer pad pairwise paretovariate partial partition patches pcolor pcolormesh pct_change pdf
    pearsonr PercentFormatter percentile percentileofscore Period PeriodIndex perm permutation permutation_test
    permutations permuted pi pie pinv pivot pivot_table plot pmean pmf poisson polar poly1d polyfit polynomial polyval
    pop popitem popleft pow power ppf prod product psd pstdev ptp punctuation pvalue pvariance pyplot qr quad quantile
    quantiles quantize quarter quiver radians randint randn random random_sample randrange rank rankdata ranksums ravel
    rc rcdefaults rcParams read_csv read_excel read_fwf read_json read_table real recarray reciprocal Rectangle reduce
    reindex relim remainder removeprefix removesuffix rename_axis rename_categories reorder_levels repeat replace
    resample reset_index reshape resize result_type reverse rfft rfind right rindex rjust roll rolling root rot90 rotate
    round ROUND_DOWN ROUND_HALF_EVEN ROUND_HALF_UP ROUND_UP row_stack rpartition rsplit rstrip rvalue rvs sample
    savgol_filter sca ScalarFormatter scatter search searchsorted second secondary_xaxis secondary_yaxis seconds seed
    select select_dtypes sem semilogx semilogy Sequence Series set set_alpha set_aspect set_axis set_axis_off
    set_axisbelow set_categories set_color set_dpi set_facecolor set_figheight set_figwidth set_fontsize set_frame_on
    set_index set_label set_major_formatter set_major_locator set_minor_locator set_option set_position set_rotation
    set_size_inches set_tick_params set_ticklabels set_ticks set_title set_visible set_xbound set_xlabel set_xlim
    set_xmargin set_xscale set_xticklabels set_xticks set_ybound set_ylabel set_ylim set_ymargin set_yscale
    set_yticklabels set_yticks set_zorder setdefault setdiff1d setxor1d sf shape shapiro sharex sharey shift shorten
    show shuffle sign signal simplefilter simpson sin sinc sinh size skew slope solve solve_ivp sort sort_index
    sort_values spearmanr specgram spines split splitlines sqrt square squeeze stack stackplot stairs standard_normal
    starmap start startswith statistic stats std stderr stdev stem step stop str strftime StringIO strip
    StrMethodFormatter strptime style sub subn subplot subplot2grid subplot_mosaic subplots subplots_adjust subtract
    success sum suptitle supxlabel supylabel svd swapaxes swapcase swaplevel symmetric_difference T t table tail take
    takewhile tan tanh tau Template tensordot text TextWrapper tick_params ticker ticklabel_format tight_layout tile
    time Timedelta timedelta TimedeltaIndex Timestamp timestamp timetuple timezone title tmean to_datetime to_dict
    to_frame to_list to_numeric to_numpy to_period to_records to_timedelta to_timestamp today tolist toordinal total
    total_seconds trace transform translate transpose trapezoid trapz triangular tricontour tril trim_mean triu
    true_divide trunc ttest_1samp ttest_ind ttest_rel tukey_hsd twinx twiny tz_convert tz_localize tzinfo uint16 uint32
    uint64 uint8 uniform Union union union1d unique unstack update upper use UTC utc utcnow value_counts values var
    variance variation vectorize VERBOSE VERSION violinplot vlines vonmisesvariate vsplit vstack warn
    wasserstein_distance week weekday weekofyear where width wilcoxon wrap x xaxis xlabel xlim xs xscale xticks yaxis
    year YearLocator years ylabel ylim yscale yticks zeros zeros_like zfill zip_longest ZoneInfo zscore
    """
)
"""Of objects and modules."""
