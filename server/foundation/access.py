"""Who may ask for what: every route names its policy, and one that names none is refused (default-deny).

The same wrapper is the transaction: returning commits, raising rolls back.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, current_app, g, request
from flask_login import current_user

from .changefeed import publish_session
from .database import begin_writing, db, end_writing
from .errors import CrossSite, NotAllowed, SignInNeeded, WrongType

P = ParamSpec("P")
R = TypeVar("R")

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
ANYONE, PERSON, TICKET = "anyone", "person", "ticket"
ROLES = ("guide", "author", "coordinator", "manager", "administrator")
CLIENT_HEADER = "X-Rundtur-Client"


def open_to(*who: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The route may be asked by `who`: ANYONE, PERSON (who is signed in), TICKET or roles; anyone else is refused."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            _check(who)
            answer = view(*args, **kwargs)
            publish_session(db.session())
            db.session.commit()
            return answer

        guarded.policy = who  # type: ignore[attr-defined]
        return guarded

    return mark


def _check(who: tuple[str, ...]) -> None:
    if ANYONE in who:
        return
    if TICKET in who and offered_ticket() is not None:
        g.ticket = current_app.extensions["tickets"](offered_ticket())
        if g.ticket is None:
            raise SignInNeeded
        return
    if not current_user.is_authenticated:
        raise g.get("no_longer", SignInNeeded)
    if PERSON not in who and not any(current_user.has_role(role) for role in who):
        raise NotAllowed


def offered_ticket() -> str | None:
    """The upload ticket that the request names: then it speaks by that alone, whoever's cookie lies beside it."""
    named = request.authorization
    return (named.token or "") if named is not None and named.type == "ticket" else None


def register(app: Flask) -> None:
    """Every request of `app`: the policy is there, nothing cross-site writes, writers begin as writers."""

    @app.before_request
    def admit() -> None:
        end_writing()
        if request.endpoint is None:
            return
        view = current_app.view_functions[request.endpoint]
        if not hasattr(view, "policy"):
            raise NotAllowed
        if request.method in UNSAFE:
            refuse_cross_site()
            if not getattr(view, "reads_first", False):
                begin_writing()

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        end_writing()


def refuse_cross_site() -> None:
    """An unsafe request comes from a page of ours: SameSite, a header that no form can set, and what browsers tell."""
    if request.path.startswith("/unsubscribe/"):
        return  # whoever's mail program asks: the address itself is signed, and no session lends it anything
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite
    if request.path.startswith("/office/"):
        return  # its forms carry a token (flask-wtf)
    if CLIENT_HEADER not in request.headers:
        raise CrossSite
    if request.content_length and request.mimetype != "application/json":
        raise WrongType


def json_body(model: Any) -> Any:
    """The request's JSON as `model`. Raises BadRequest where it is something else."""
    from pydantic import ValidationError

    from .errors import BadRequest

    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        raise BadRequest from None
