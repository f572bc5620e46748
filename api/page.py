"""The page at `/`: built files of the package, under a policy that lets nothing else in.

`api/web/src` is its source; `api/web/dist` is what `npm run build` makes of it, committed so that an
installation needs no Node.
"""

from __future__ import annotations

from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from api.auth import AppDep
from worker.errors import NotFound, ServiceError
from worker.jobs.app import App

router = APIRouter(include_in_schema=False)
_BUILT = files("api").joinpath("web", "dist")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'{store}; base-uri 'none'; object-src 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_SAFE = {
    "Content-Security-Policy": _POLICY.format(store=""),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MEDIA = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8", "jpg": "image/jpeg"}


@router.get("/")
def page(app: AppDep) -> HTMLResponse:
    """The page; asked for anew each time, since it names the files of this version.

    It may talk with this service, and with the store where that takes uploads.
    """
    html = _BUILT.joinpath("index.html").read_text(encoding="utf-8")
    policy = _POLICY.format(store=_store(app))
    headers = {**_SAFE, "Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return HTMLResponse(html, headers=headers)


@router.get("/web/{name}")
def part(name: str) -> Response:
    """A built file with its hash in its name, so that it may be kept for ever; raises NotFound."""
    media = _MEDIA.get(name.rpartition(".")[2])
    if media is None or name not in {built.name for built in _BUILT.iterdir()}:
        raise NotFound(what="page of that name")
    headers = {**_SAFE, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(_BUILT.joinpath(name).read_bytes(), media_type=media, headers=headers)


def _store(app: App) -> str:
    """The origin of the store for the policy, after a blank; nothing where it takes no uploads."""
    try:
        address = urlsplit(app.store.presign_upload("uploads/none", until=app.clock() + 1, most=1).url)
    except ServiceError:
        return ""
    return f" {address.scheme}://{address.netloc}"
