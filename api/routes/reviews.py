"""The review queue: which document one gets next, kept from others for a while."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Response

from api.auth import AppDep, Reviewer
from api.problems import responses
from api.review_views import LeaseRequest, LeaseView, LoanView, NextRequest
from api.routes.named_job import JobId
from api.views import JobView, moment
from worker.jobs.ledger.lists import Filter

router = APIRouter(prefix="/v1/reviews", tags=["review"])
LEASE_SECONDS = 120.0
_NONE = {204: {"description": "None waits, or others have them all"}}


@router.post("/next", response_model=LoanView, responses=responses(more=_NONE))
def next_review(wanted: NextRequest, app: AppDep, principal: Reviewer) -> LoanView | Response:
    """The document that needs a person most: the least sure first, then the oldest, postponed ones last.

    It is kept for whoever asked until the lease runs out. With `after`, the one that follows on that job;
    after the last one it begins again.
    """
    now, token = app.clock(), secrets.token_hex(16)
    among = Filter(principal.project, kind=wanted.kind, batch=wanted.batch)
    loan = app.ledger.reviews.next(
        among, token=token, now=now, seconds=LEASE_SECONDS, after=(wanted.after or "").replace("\0", "")
    )
    if loan is None:
        return Response(status_code=204)
    lease = LeaseView(token=token, until=moment(now + LEASE_SECONDS))
    return LoanView(job=JobView.of(loan.job), lease=lease, position=loan.position, waiting=loan.waiting)


@router.post("/{job_id}/renew", responses=responses(409))
def renew_review(job_id: JobId, lease: LeaseRequest, app: AppDep, principal: Reviewer) -> LeaseView:
    """Keep a document for longer; 409 when somebody else has it, or it is done."""
    now, token = app.clock(), lease.token.replace("\0", "")
    app.ledger.reviews.renew(job_id, project=principal.project, token=token, now=now, seconds=LEASE_SECONDS)
    return LeaseView(token=lease.token, until=moment(now + LEASE_SECONDS))


@router.post("/{job_id}/release", status_code=204, responses=responses())
def release_review(job_id: JobId, lease: LeaseRequest, app: AppDep, principal: Reviewer) -> None:
    """Let others have a document; nothing happens when it is not kept any more."""
    app.ledger.reviews.release(job_id, project=principal.project, token=lease.token.replace("\0", ""))
