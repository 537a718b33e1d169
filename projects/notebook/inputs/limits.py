"""How much an input may hold, and a link may carry (faults, limits; DESIGN; Deepnote's limits for options)."""

# One value, as JSON in UTF-8.
MAXIMUM_VALUE_BYTES = 8 * 1024
# A link: how many names it may set, and its length as it arrives.
MAXIMUM_NAMES = 64
MAXIMUM_QUERY_BYTES = 32 * 1024
# A generated link above this is stored on the server and handed out short (url-parameters, row 30).
LONGEST_LINK = 2_000

MAXIMUM_OPTIONS = 1_000
MAXIMUM_OPTION_CHARACTERS = 10_000
MAXIMUM_LABEL = 200
MAXIMUM_HELP = 2_000
MAXIMUM_PATH = 500
