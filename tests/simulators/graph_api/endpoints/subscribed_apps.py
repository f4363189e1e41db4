"""`/{waba_id}/subscribed_apps`: whether, and where, the app hears about an account."""

from tests.simulators.graph_api.businesses import MANAGEMENT
from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.endpoints.callbacks import verified_override
from tests.simulators.graph_api.wire import JsonObject, Response


async def list_apps(call: Call) -> Response:
    """Return the subscription of the app, if there is one."""
    call.caller.require(MANAGEMENT)
    return Response(payload={"data": [_app(call)] if call.business.subscribed else []})


async def subscribe(call: Call) -> Response:
    """Subscribe the app; an override in the body is set, no body removes it."""
    call.caller.require(MANAGEMENT)
    body = call.parameters()
    call.business.override = await verified_override(body) if body else None
    call.business.subscribed = True
    answer: JsonObject = {"success": True}
    if call.business.override is not None:
        answer["data"] = [_app(call)]
    return Response(payload=answer)


async def unsubscribe(call: Call) -> Response:
    """Remove the subscription: from now on there is silence."""
    call.caller.require(MANAGEMENT)
    call.business.subscribed = False
    call.business.override = None
    return Response(payload={"success": True})


def _app(call: Call) -> JsonObject:
    settings = call.simulator.settings
    link = f"https://www.facebook.com/games/?app_id={settings.app_id}"
    app: JsonObject = {"whatsapp_business_api_data": {"id": settings.app_id, "link": link, "name": settings.app_name}}
    if call.business.override is not None:
        app["override_callback_uri"] = call.business.override.callback_uri
    return app
