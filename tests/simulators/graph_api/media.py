"""Media files of the simulated world: uploads of businesses and files that customers sent."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from itertools import count

from tests.simulators.graph_api.clock import Clock
from tests.simulators.graph_api.wire import JsonObject

UPLOAD_SECONDS = 30 * 24 * 3600
INBOUND_SECONDS = 7 * 24 * 3600
URL_SECONDS = 5 * 60
MEBIBYTE = 1024 * 1024

_OFFICE = "application/vnd.openxmlformats-officedocument"
LARGEST: dict[str, int] = {
    **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * MEBIBYTE),
    **dict.fromkeys(("image/jpeg", "image/png"), 5 * MEBIBYTE),
    "image/webp": 500 * 1024,
    **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * MEBIBYTE),
    **dict.fromkeys(
        (
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            f"{_OFFICE}.wordprocessingml.document",
            f"{_OFFICE}.spreadsheetml.sheet",
            f"{_OFFICE}.presentationml.presentation",
        ),
        100 * MEBIBYTE,
    ),
}


def sendable_as(message_type: str, mime_type: str) -> bool:
    """Tell whether a file of this type can be sent in such a message."""
    plain = mime_type.partition(";")[0].strip()
    if message_type == "document":
        return plain in LARGEST
    if message_type == "sticker":
        return plain == "image/webp"
    return plain.startswith(f"{message_type}/") and plain in LARGEST and plain != "image/webp"


@dataclass(slots=True)
class MediaFile:
    """One stored file; `expires` ends the id, not only an address of it."""

    id: str
    waba_id: str
    mime_type: str
    content: bytes
    expires: float
    filename: str | None = None

    @property
    def sha256(self) -> bytes:
        """The digest of the content."""
        return hashlib.sha256(self.content).digest()


class Media:
    """Stores files and hands out addresses of five minutes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._files: dict[str, MediaFile] = {}
        self._addresses: dict[str, tuple[str, float]] = {}
        self._numbers = count(2621233374848975)

    def store(self, waba_id: str, mime_type: str, content: bytes, *, lifetime: float = UPLOAD_SECONDS) -> MediaFile:
        """Keep a file and return it with its new id."""
        media_id = str(next(self._numbers))
        file = MediaFile(media_id, waba_id, mime_type, content, self._clock.now() + lifetime)
        self._files[media_id] = file
        return file

    def find(self, media_id: str) -> MediaFile | None:
        """Return a file that exists and has not expired."""
        file = self._files.get(media_id)
        return file if file is not None and self._clock.now() < file.expires else None

    def delete(self, media_id: str) -> None:
        """Remove a file."""
        self._files.pop(media_id, None)

    def new_address(self, file: MediaFile) -> str:
        """Return the path of a download address that works for five minutes."""
        key = secrets.token_urlsafe(12)
        self._addresses[key] = (file.id, self._clock.now() + URL_SECONDS)
        return f"/whatsapp_business/attachments/{key}"

    def at_address(self, key: str) -> MediaFile | None:
        """Return the file behind a download address, unless that is older than five minutes."""
        media_id, expires = self._addresses.get(key, ("", 0.0))
        return self.find(media_id) if self._clock.now() < expires else None

    def store_inbound(self, waba_id: str, body: JsonObject, base_url: str) -> JsonObject:
        """Turn the `content_base64` of a customer's message into what a webhook says of a file."""
        fields = dict(body)
        content = base64.b64decode(fields.pop("content_base64"))
        mime_type = fields.setdefault("mime_type", "application/octet-stream")
        file = self.store(waba_id, mime_type, content, lifetime=INBOUND_SECONDS)
        fields["sha256"] = base64.b64encode(file.sha256).decode()
        fields["id"] = file.id
        fields["url"] = base_url + self.new_address(file)
        return fields

    def clear(self) -> None:
        """Forget every file."""
        self._files.clear()
        self._addresses.clear()
