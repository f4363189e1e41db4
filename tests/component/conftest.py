"""Component tests run containers in this process, under eventlet as in production."""

import eventlet

eventlet.monkey_patch()
