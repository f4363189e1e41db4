"""The gateway with twins of two of its routes: open to anybody, without authentication and limits.

What the product's own doors cost is the difference between two twins, in the same process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from flask import Response

from gateway.access import PROBE, Access, role
from gateway.arrival import arrival
from gateway.principal import Principal
from gateway.wsgi import app
from services.common.contracts.auth import Role

_NOBODY = "00000000-0000-0000-0000-000000000000"

View = Callable[..., Response]


def _view(path: str) -> View:
    endpoint, _ = app.url_map.bind("").match(path, method="GET")
    return cast("View", app.view_functions[endpoint])


def _add_twin(path: str, access: Access, twin: View) -> None:
    app.add_url_rule(path, path, access(twin), methods=["GET"])


def _without_credential(view: View, tenant_id: str) -> Response:
    """The tenant, which a credential would tell, stands in the address."""
    arrival().principal = Principal(_NOBODY, tenant_id, Role.OWNER)
    return view()


_tenant, _version = _view("/api/v1/tenant"), _view("/api/version")
_add_twin("/open/<id:tenant_id>/tenant", PROBE, partial(_without_credential, _tenant))
_add_twin("/open/<id:tenant_id>/version", PROBE, partial(_without_credential, _version))
_add_twin("/guarded/version", role(Role.STAFF, "tenant"), partial(_version))
