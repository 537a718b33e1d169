"""Settings: every choice an administrator can make, read from the environment.

`docs/settings.md` explains each HEXLITE_… name; a test holds that page to this file.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import schedule
from django.core.exceptions import ImproperlyConfigured

from hexlite import logs, privacy
from hexlite.environment import (
    database,
    flag,
    is_own_machine,
    listing,
    networks,
    number,
    object_storage,
    safe_for_others,
    secret_key,
    together,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("HEXLITE_VAR_DIR", BASE_DIR / "var"))
RUN_DIR = Path(os.environ.get("HEXLITE_RUN_DIR", VAR_DIR / "run"))
privacy.begin(VAR_DIR, RUN_DIR)

# ---- What kind of installation this is
DEBUG = flag("HEXLITE_DEBUG", default=False)
ORIGIN = os.environ.get("HEXLITE_ORIGIN", "http://localhost:8000").rstrip("/")
PRODUCTION = urlsplit(ORIGIN).scheme == "https"
SECRET_KEY = secret_key("HEXLITE_SECRET_KEY", file=VAR_DIR / "secret-key", required=PRODUCTION)
ALLOWED_HOSTS = listing("HEXLITE_HOSTS", default=[urlsplit(ORIGIN).hostname or "localhost", "localhost", "127.0.0.1"])
ORIGINS = listing("HEXLITE_ORIGINS", default=[ORIGIN])

INSTALLED_APPS = [
    "hexlite",
    "sharing",
    "apps_runtime",
    "projects",
    "guardian",
    "axes",
    "channels",
    "django_celery_beat",
    "ninja",
    "hexlite.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "hexlite.logs.RequestNamed",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hexlite.middleware.ContentSecurityPolicy",
    "hexlite.middleware.RefusalsOfTheApi",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "hexlite.middleware.ReaderTimeZone",
    "hexlite.middleware.Refusals",
    "hexlite.middleware.Shapes",
    # For browsers that don't read the policy's frame-ancestors, which says who may embed a page more exactly.
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "hexlite.urls"
ASGI_APPLICATION = "hexlite.asgi.application"
WSGI_APPLICATION = None
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hexlite.context.page",
            ],
        },
    }
]

# ---- Where things are kept
DATABASES = {"default": database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'hexlite.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Write-ahead logging lets readers and one writer work at the same time; IMMEDIATE takes the write lock at
    # the start of a transaction, so that two writers wait for each other instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
    }
    DATABASES["default"].setdefault("TEST", {})["NAME"] = os.environ.get("HEXLITE_TEST_DATABASE")

MEDIA_ROOT = VAR_DIR / "media"
PROJECT_FILES_DIR = VAR_DIR / "files"
STATIC_URL = "/static/"
# A function of the code, not of the data: every hexlite of this checkout serves the same files, whoever built them.
STATIC_ROOT = Path(os.environ.get("HEXLITE_STATIC_ROOT", BASE_DIR / "staticfiles"))
# What the set-up built, and the scripts of frames as they are. The other sources aren't served.
STATICFILES_DIRS = [("vendor", BASE_DIR / "static" / "vendor"), ("js/frames", BASE_DIR / "static" / "js" / "frames")]
WHITENOISE_MAX_AGE = 31_536_000 if not DEBUG else 0
WHITENOISE_USE_FINDERS = DEBUG
# Outputs and pictures of apps: files below MEDIA_ROOT, or objects in a bucket. boto3 finds keys as it always does.
HEXLITE_S3_BUCKET = os.environ.get("HEXLITE_S3_BUCKET", "")
STORAGES = {
    "default": object_storage(
        bucket=HEXLITE_S3_BUCKET,
        endpoint=os.environ.get("HEXLITE_S3_ENDPOINT", ""),
        region=os.environ.get("HEXLITE_S3_REGION", ""),
        prefix=os.environ.get("HEXLITE_S3_PREFIX", ""),
    )
    if HEXLITE_S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "hexlite.static_storage.StaticStorage"
    },
}

# ---- News between processes, and tasks
REDIS_URL = os.environ.get("REDIS_URL") or f"unix://{RUN_DIR / 'redis.sock'}"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
}
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "runs"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULER = "hexlite.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    # Names are the noun they look after; each tick is a short task on the `runs` queue.
    "sweep": {"task": "apps_runtime.sweep", "schedule": schedule(timedelta(seconds=30)), "options": {"expires": 25}},
    "schedules": {
        "task": "apps_runtime.tick_schedules",
        "schedule": schedule(timedelta(seconds=30)),
        "options": {"expires": 25},
    },
    "tidying": {"task": "apps_runtime.tidy", "schedule": schedule(timedelta(days=1))},
}
CELERY_TIMEZONE = "UTC"

# ---- People
AUTH_USER_MODEL = "projects.User"
AUTHENTICATION_BACKENDS = [
    "sharing.backends.SignInLimit",
    "sharing.backends.NameOrEmail",
    "guardian.backends.ObjectPermissionBackend",
    "projects.permissions.VisibilityBackend",
]
ANONYMOUS_USER_NAME = None  # guardian: visitors without an account are handled by the visibility backend.
GUARDIAN_MONKEY_PATCH_USER = False
LOGIN_URL = "sign-in"
HEXLITE_SIGN_UP = flag("HEXLITE_SIGN_UP", default=False)
HEXLITE_SIGN_UP_DOMAINS = listing("HEXLITE_SIGN_UP_DOMAINS", default=[])
HEXLITE_SIGN_UP_WORKSPACE = os.environ.get("HEXLITE_SIGN_UP_WORKSPACE", "")
# Sign-in at an OpenID Connect provider: on when its issuer is named. What it is made of, the provider says itself.
HEXLITE_OIDC_ISSUER = os.environ.get("HEXLITE_OIDC_ISSUER", "")
HEXLITE_OIDC_CLIENT_ID = os.environ.get("HEXLITE_OIDC_CLIENT_ID", "")
HEXLITE_OIDC_CLIENT_SECRET = os.environ.get("HEXLITE_OIDC_CLIENT_SECRET", "")
HEXLITE_OIDC_NAME = os.environ.get("HEXLITE_OIDC_NAME", "single sign-on")
HEXLITE_OIDC_SIGN_UP = flag("HEXLITE_OIDC_SIGN_UP", default=False)
HEXLITE_OIDC_DOMAINS = listing("HEXLITE_OIDC_DOMAINS", default=[])
together("HEXLITE_OIDC_ISSUER", "HEXLITE_OIDC_CLIENT_ID", "HEXLITE_OIDC_CLIENT_SECRET")
if HEXLITE_OIDC_ISSUER:
    AUTHENTICATION_BACKENDS.append("sharing.openid.OpenIdBackend")
OIDC_RP_CLIENT_ID = HEXLITE_OIDC_CLIENT_ID
OIDC_RP_CLIENT_SECRET = HEXLITE_OIDC_CLIENT_SECRET
OIDC_RP_SCOPES = "openid email profile"
OIDC_RP_SIGN_ALGO = os.environ.get("HEXLITE_OIDC_ALGORITHM", "RS256")
OIDC_USE_PKCE = True
OIDC_TIMEOUT = 10
OIDC_AUTHENTICATION_CALLBACK_URL = "sign-in-openid-callback"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
# Wrong passwords, links and API tokens of one network address within a quarter of an hour, and of all together, beyond
# which each address may get a tenth wrong; the same of mails asked for within an hour, to whomever and to one mailbox.
HEXLITE_TRIES_ADDRESS = number("HEXLITE_TRIES_ADDRESS", default=15)
HEXLITE_TRIES_ALL = number("HEXLITE_TRIES_ALL", default=300)
HEXLITE_MAILS_ADDRESS = number("HEXLITE_MAILS_ADDRESS", default=10)
HEXLITE_MAILS_ALL = number("HEXLITE_MAILS_ALL", default=200)
HEXLITE_MAILS_MAILBOX = number("HEXLITE_MAILS_MAILBOX", default=5)
# Ten wrong passwords for one account from one address: a break of five minutes, for that pair alone.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=5)
AXES_LOCKOUT_PARAMETERS = [["ip_address", "username"]]
AXES_CLIENT_IP_CALLABLE = "sharing.backends.address_of"
AXES_USERNAME_CALLABLE = "sharing.backends.account_tried"
AXES_LOCKOUT_CALLABLE = "sharing.views.accounts.too_many_tries"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps_runtime.services.tokens.EndWithThePassword"},
]
HEXLITE_TOKEN_DAYS = number("HEXLITE_TOKEN_DAYS", default=90)
HEXLITE_TOKEN_DAYS_MOST = number("HEXLITE_TOKEN_DAYS_MOST", default=365)
EMAIL_HOST = os.environ.get("HEXLITE_EMAIL_HOST", "")
EMAIL_PORT = number("HEXLITE_EMAIL_PORT", default=587)
EMAIL_HOST_USER = os.environ.get("HEXLITE_EMAIL_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("HEXLITE_EMAIL_PASSWORD", "")
# Encrypted from the first byte (usual on port 465), or from STARTTLS on.
EMAIL_USE_SSL = flag("HEXLITE_EMAIL_SSL", default=EMAIL_PORT == 465)
EMAIL_USE_TLS = flag("HEXLITE_EMAIL_TLS", default=not EMAIL_USE_SSL)
EMAIL_TIMEOUT = 10  # A mail server that hangs must not hold whoever waits for the page.
# Without a server they wait in a private folder: they hold links that let people in, and logs are read by others.
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_BACKEND = os.environ.get(
    "HEXLITE_EMAIL_BACKEND", f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'filebased'}.EmailBackend"
)
DEFAULT_FROM_EMAIL = os.environ.get("HEXLITE_EMAIL_FROM", "hexlite <hexlite@localhost>")

# ---- Language and time
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i"

# ---- Safety
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    safe_for_others(debug=DEBUG, hosts=ALLOWED_HOSTS)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
CSRF_TRUSTED_ORIGINS = ORIGINS
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_582_912

# ---- Kernels, runs and sessions (specs: faults; every limit is a setting)
HEXLITE_KERNEL_PYTHON = os.environ.get("HEXLITE_KERNEL_PYTHON", str(BASE_DIR / ".venv-kernel" / "bin" / "python"))
HEXLITE_KERNEL_PRELOAD = listing("HEXLITE_KERNEL_PRELOAD", default=["numpy", "pandas", "matplotlib.pyplot"])
HEXLITE_KERNEL_NETWORK = flag("HEXLITE_KERNEL_NETWORK", default=True)
# Where others come, a machine's own services are not for notebooks unless an administrator says so.
HEXLITE_KERNEL_SHARES_NETWORK = flag("HEXLITE_KERNEL_SHARES_NETWORK", default=is_own_machine(ORIGIN))
HEXLITE_KERNEL_FORBIDDEN_NETWORKS = networks("HEXLITE_KERNEL_FORBIDDEN_NETWORKS", default=[])
HEXLITE_ALLOW_UNSANDBOXED = flag("HEXLITE_ALLOW_UNSANDBOXED", default=False)
HEXLITE_MACHINE = os.environ.get("HEXLITE_MACHINE", "local")
HEXLITE_CELL_SECONDS_APP = number("HEXLITE_CELL_SECONDS_APP", default=60)
HEXLITE_CELL_SECONDS_NOTEBOOK = number("HEXLITE_CELL_SECONDS_NOTEBOOK", default=600)
HEXLITE_CELL_SECONDS_BATCH = number("HEXLITE_CELL_SECONDS_BATCH", default=1800)
HEXLITE_RUN_SECONDS_PREVIEW = number("HEXLITE_RUN_SECONDS_PREVIEW", default=900)
HEXLITE_RUN_SECONDS_SCHEDULE = number("HEXLITE_RUN_SECONDS_SCHEDULE", default=3600)
HEXLITE_NOTEBOOK_IDLE_SECONDS = number("HEXLITE_NOTEBOOK_IDLE_SECONDS", default=3600)
HEXLITE_WINDOW_GRACE_SECONDS = number("HEXLITE_WINDOW_GRACE_SECONDS", default=60)
HEXLITE_SESSION_RESUME_SECONDS = number("HEXLITE_SESSION_RESUME_SECONDS", default=1800)
HEXLITE_PREVIEW_GRACE_SECONDS = number("HEXLITE_PREVIEW_GRACE_SECONDS", default=15)
HEXLITE_LEASE_SECONDS = number("HEXLITE_LEASE_SECONDS", default=60)
HEXLITE_STOP_SECONDS = number("HEXLITE_STOP_SECONDS", default=30)
HEXLITE_STAY_SECONDS = number("HEXLITE_STAY_SECONDS", default=2)
HEXLITE_HEARTBEAT_SECONDS = number("HEXLITE_HEARTBEAT_SECONDS", default=10)
HEXLITE_SILENCE_SECONDS = number("HEXLITE_SILENCE_SECONDS", default=30)
HEXLITE_SOCKET_MESSAGE_BYTES = number("HEXLITE_SOCKET_MESSAGE_BYTES", default=65_536)
HEXLITE_SOCKET_RATE = number("HEXLITE_SOCKET_RATE", default=20)
HEXLITE_SOCKET_BURST = number("HEXLITE_SOCKET_BURST", default=40)
HEXLITE_SOCKET_SECONDS = number("HEXLITE_SOCKET_SECONDS", default=43_200)
HEXLITE_SOCKETS_PERSON = number("HEXLITE_SOCKETS_PERSON", default=20)
HEXLITE_SOCKETS_ADDRESS = number("HEXLITE_SOCKETS_ADDRESS", default=5)
HEXLITE_SOCKETS_SESSION = number("HEXLITE_SOCKETS_SESSION", default=200)
HEXLITE_STARTS_PERSON = number("HEXLITE_STARTS_PERSON", default=30)
HEXLITE_STARTS_ADDRESS = number("HEXLITE_STARTS_ADDRESS", default=6)
HEXLITE_PUBLICATIONS_PROJECT = number("HEXLITE_PUBLICATIONS_PROJECT", default=6)
HEXLITE_ALLOW_ANONYMOUS_RUN = flag("HEXLITE_ALLOW_ANONYMOUS_RUN", default=True)
HEXLITE_SCHEDULE_GRACE_SECONDS = number("HEXLITE_SCHEDULE_GRACE_SECONDS", default=3600)
HEXLITE_SCHEDULE_DIAGNOSIS = flag("HEXLITE_SCHEDULE_DIAGNOSIS", default=True)
HEXLITE_SCHEDULE_PAUSE_AFTER = number("HEXLITE_SCHEDULE_PAUSE_AFTER", default=5)
HEXLITE_RUN_DAYS = number("HEXLITE_RUN_DAYS", default=365)
HEXLITE_RUNS_KEPT = number("HEXLITE_RUNS_KEPT", default=50)
HEXLITE_SESSION_DAYS = number("HEXLITE_SESSION_DAYS", default=30)
HEXLITE_VERSION_EVERY_SECONDS = number("HEXLITE_VERSION_EVERY_SECONDS", default=600)
HEXLITE_VERSION_QUIET_SECONDS = number("HEXLITE_VERSION_QUIET_SECONDS", default=120)

# ---- Processes that read and draw untrusted text (`projects.confined`)
HEXLITE_CONFINED_CHILDREN = number("HEXLITE_CONFINED_CHILDREN", default=2)
# Loaded once, before they are forked: what is asked of them, and what that needs.
CONFINED_MODULES = (
    "apps_runtime.outputs.drawings", "apps_runtime.outputs.frames", "apps_runtime.outputs.images",
    "apps_runtime.outputs.making", "apps_runtime.outputs.page_pictures", "apps_runtime.pages.graph_places",
    "projects.file_previews.preview", "projects.notebook.reactivity.graph",
    "projects.notebook.difference", "projects.notebook.reading",
)  # fmt: skip

# ---- What kernels may use; 0 keeps the default of `apps_runtime.kernels.limits`
HEXLITE_KERNELSPEC_DIRS = listing("HEXLITE_KERNELSPEC_DIRS", default=[])
HEXLITE_KERNEL_FONTS_DIR = os.environ.get(
    "HEXLITE_KERNEL_FONTS_DIR", str(BASE_DIR / "static" / "vendor" / "fonts" / "charts")
)
HEXLITE_KERNEL_MEMORY = number("HEXLITE_KERNEL_MEMORY", default=0)
HEXLITE_KERNEL_ADDRESS_SPACE = number("HEXLITE_KERNEL_ADDRESS_SPACE", default=0)
HEXLITE_KERNEL_PROCESSES = number("HEXLITE_KERNEL_PROCESSES", default=0)
HEXLITE_SANDBOX_PROCESSES = number("HEXLITE_SANDBOX_PROCESSES", default=0)
HEXLITE_KERNEL_OPEN_FILES = number("HEXLITE_KERNEL_OPEN_FILES", default=0)
HEXLITE_KERNEL_FILE_SIZE = number("HEXLITE_KERNEL_FILE_SIZE", default=0)
HEXLITE_KERNEL_SHARED_MEMORY = number("HEXLITE_KERNEL_SHARED_MEMORY", default=0)
HEXLITE_KERNEL_THREADS = number("HEXLITE_KERNEL_THREADS", default=0)
HEXLITE_KERNEL_START_SECONDS = number("HEXLITE_KERNEL_START_SECONDS", default=0)
HEXLITE_KERNEL_STANDBY = number("HEXLITE_KERNEL_STANDBY", default=1)
HEXLITE_KERNEL_STANDBY_SECONDS = number("HEXLITE_KERNEL_STANDBY_SECONDS", default=0)
HEXLITE_TEMPLATE_IDLE_SECONDS = number("HEXLITE_TEMPLATE_IDLE_SECONDS", default=0)
HEXLITE_SANDBOX_IDLE_SECONDS = number("HEXLITE_SANDBOX_IDLE_SECONDS", default=0)
HEXLITE_KERNELS_MEMORY = number("HEXLITE_KERNELS_MEMORY", default=0)
HEXLITE_KERNELS_MEMORY_FREE = number("HEXLITE_KERNELS_MEMORY_FREE", default=0)
HEXLITE_KERNELS_HOST = number("HEXLITE_KERNELS_HOST", default=0)
HEXLITE_KERNELS_APP = number("HEXLITE_KERNELS_APP", default=0)
HEXLITE_KERNELS_ANONYMOUS = number("HEXLITE_KERNELS_ANONYMOUS", default=0)
HEXLITE_STRANGER_SESSIONS = number("HEXLITE_STRANGER_SESSIONS", default=3)
HEXLITE_KERNELS_PERSON = number("HEXLITE_KERNELS_PERSON", default=0)

# ---- Files and sharing (specs: permissions, security T12–T14, T26, T30)
HEXLITE_FILE_BYTES = number("HEXLITE_FILE_BYTES", default=100 * 2**20)
HEXLITE_PROJECT_BYTES = number("HEXLITE_PROJECT_BYTES", default=2**30)
HEXLITE_PROJECT_FILES = number("HEXLITE_PROJECT_FILES", default=100_000)
HEXLITE_DOWNLOAD_BYTES = number("HEXLITE_DOWNLOAD_BYTES", default=500 * 2**20)
HEXLITE_INPUT_FILE_BYTES = number("HEXLITE_INPUT_FILE_BYTES", default=25 * 2**20)
# What visitors without an account hand to file inputs: one file, all of theirs together, those at one network address.
HEXLITE_STRANGER_FILE_BYTES = number("HEXLITE_STRANGER_FILE_BYTES", default=5 * 2**20)
HEXLITE_STRANGERS_BYTES = number("HEXLITE_STRANGERS_BYTES", default=200 * 2**20)
HEXLITE_STRANGERS_ADDRESS_BYTES = number("HEXLITE_STRANGERS_ADDRESS_BYTES", default=20 * 2**20)
HEXLITE_UPLOAD_CHUNK_BYTES = number("HEXLITE_UPLOAD_CHUNK_BYTES", default=4 * 2**20)
HEXLITE_LOOK_BYTES = number("HEXLITE_LOOK_BYTES", default=20 * 2**20)
HEXLITE_FILE_UNDO_SECONDS = number("HEXLITE_FILE_UNDO_SECONDS", default=600)
# What whoever has only the app can't download; patterns of names, in lower case. Empty: everything, as Deepnote does.
HEXLITE_FILE_DENY_FOR_APP = listing(
    "HEXLITE_FILE_DENY_FOR_APP",
    default=[
        ".*", "__pycache__", "*.ipynb", "*.deepnote", "*.py", "*.pyc", "*.pyi", "*.pyx", "*.r", "*.rmd", "*.qmd",
        "*.jl", "*.sql", "*.sh", "*.key", "*.pem", "*.env",
    ],
)  # fmt: skip
HEXLITE_INVITATION_DAYS = number("HEXLITE_INVITATION_DAYS", default=7)
HEXLITE_INVITATIONS_PER_DAY = number("HEXLITE_INVITATIONS_PER_DAY", default=50)
HEXLITE_INVITATIONS_ALL = number("HEXLITE_INVITATIONS_ALL", default=500)
HEXLITE_EDITORS_MAY_CHANGE_VISIBILITY = flag("HEXLITE_EDITORS_MAY_CHANGE_VISIBILITY", default=False)

HEXLITE_LOG_FORMAT = os.environ.get("HEXLITE_LOG_FORMAT", "line")
if HEXLITE_LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured(f"HEXLITE_LOG_FORMAT is {HEXLITE_LOG_FORMAT!r}; say line or json.")
LOGGING = logs.configuration(form=HEXLITE_LOG_FORMAT, level=os.environ.get("HEXLITE_LOG_LEVEL", "INFO"))
KERNEL_HOST_LOGGING = logs.of_the_kernel_host(LOGGING, machine=HEXLITE_MACHINE)
HEXLITE_METRICS_TOKEN = os.environ.get("HEXLITE_METRICS_TOKEN", "")
if HEXLITE_METRICS_TOKEN:
    MIDDLEWARE.insert(0, "hexlite.metrics.Timed")
