"""The signature of OptiEvent v2: HMAC-SHA256 with the tenant's token over the very bytes that are sent."""

from __future__ import annotations

import hashlib
import hmac

import attrs

from ..config import Secret
from ..core.flow import Flow
from ..core.policies.deadline import Deadline
from ..core.policies.retry import Step
from ..http.base import Request, Response


def signature(content: bytes, token: Secret) -> str:
    """Return the hexadecimal signature of a body."""
    return hmac.new(token.reveal().encode(), content, hashlib.sha256).hexdigest()


@attrs.frozen
class SignatureAuth:
    """Puts the two signature headers on a request.

    Source: https://developer.optimove.com/docs/external-vendors-campaign-engagement-metrics
    """

    token: Secret

    def __call__(self, step: Step, request: Request, deadline: Deadline) -> Flow[Response]:
        """Send the request, signed."""
        signed = {
            "X-Optimove-Signature-Version": "1",
            "X-Optimove-Signature-Content": signature(request.content or b"", self.token),
        }
        return step(request.with_headers(signed))
