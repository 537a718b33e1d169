"""The ASGI application: pages over HTTP, live sessions and runs over WebSockets."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hexlite.settings")

from hexlite import handler

http = handler.application()  # Loads the apps; what follows imports models.

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.urls import re_path

from apps_runtime.routing import websocket_urlpatterns
from hexlite import body_rooms
from hexlite.lifespan import Lifespan
from hexlite.origins import OfTheseOrigins
from hexlite.request_size import BodyLimit
from projects import confined

# Without it channels raises for an address that is none, and the server writes a traceback.
nowhere = re_path("", WebsocketDenier.as_asgi())

application = ProtocolTypeRouter(
    {
        "lifespan": Lifespan(http),
        "http": BodyLimit(
            http, little=body_rooms.LITTLE, room_of=lambda scope: http.in_thread(body_rooms.room_of, scope)
        ),
        # The exact scheme, host and port: AllowedHostsOriginValidator compares hosts only (specs/security M18).
        "websocket": OfTheseOrigins(
            AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, nowhere])), settings.ORIGINS
        ),
    }
)

# What was loaded stays: going through all of it for what is not needed any more takes 0.1 s, and somebody waits.
gc.collect()
gc.freeze()
confined.start()
