"""A typed client for all of Optimove.

Public names are imported when first used: ``import optimove_sdk`` itself loads nothing else.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._version import __version__ as __version__
    from .api.attributes import CustomerAttribute as CustomerAttribute
    from .api.campaigns import CampaignChannel as CampaignChannel
    from .api.campaigns import CampaignChannelDetails as CampaignChannelDetails
    from .api.campaigns import CampaignDetails as CampaignDetails
    from .api.campaigns import CampaignStatus as CampaignStatus
    from .api.campaigns import ExecutedCampaign as ExecutedCampaign
    from .api.campaigns import ExecutionChannel as ExecutionChannel
    from .api.customers import CanceledCustomer as CanceledCustomer
    from .api.customers import CustomerExecution as CustomerExecution
    from .api.customers import CustomerSend as CustomerSend
    from .api.customers import EndedAction as EndedAction
    from .api.listeners import EventType as EventType
    from .api.metrics import CampaignMetric as CampaignMetric
    from .api.metrics import Interaction as Interaction
    from .api.metrics import Metric as Metric
    from .api.promotions import CustomerPromotionStatus as CustomerPromotionStatus
    from .api.promotions import Promotion as Promotion
    from .api.templates import ChannelTemplate as ChannelTemplate
    from .api.templates import ChannelTemplateDetails as ChannelTemplateDetails
    from .client import AsyncOptimove as AsyncOptimove
    from .client import Optimove as Optimove
    from .client import Planner as Planner
    from .config import OPTIMOVE_RATE_LIMIT as OPTIMOVE_RATE_LIMIT
    from .config import TLS as TLS
    from .config import AppInfo as AppInfo
    from .config import Config as Config
    from .config import RateLimit as RateLimit
    from .config import RetryPolicy as RetryPolicy
    from .config import Secret as Secret
    from .config import Timeouts as Timeouts
    from .core.batch import Batch as Batch
    from .core.batch import BatchResult as BatchResult
    from .core.batch import ItemOutcome as ItemOutcome
    from .core.batch import ItemStatus as ItemStatus
    from .core.call import Call as Call
    from .core.call import Page as Page
    from .core.call import Reply as Reply
    from .core.pager import AsyncPager as AsyncPager
    from .core.pager import Pager as Pager
    from .core.policies.token import Token as Token
    from .core.policies.token import TokenStore as TokenStore
    from .errors import APIError as APIError
    from .errors import Attempt as Attempt
    from .errors import AuthenticationFailed as AuthenticationFailed
    from .errors import BadRequest as BadRequest
    from .errors import BatchFailed as BatchFailed
    from .errors import ConfigurationError as ConfigurationError
    from .errors import ConnectionFailed as ConnectionFailed
    from .errors import DeadlineExceeded as DeadlineExceeded
    from .errors import DecodeError as DecodeError
    from .errors import DuplicateMessage as DuplicateMessage
    from .errors import EventRejected as EventRejected
    from .errors import InvalidInput as InvalidInput
    from .errors import NotFound as NotFound
    from .errors import NotificationError as NotificationError
    from .errors import OptimoveError as OptimoveError
    from .errors import Outcome as Outcome
    from .errors import PermissionDenied as PermissionDenied
    from .errors import RateLimited as RateLimited
    from .errors import ResponseLost as ResponseLost
    from .errors import ServerError as ServerError
    from .errors import TransportError as TransportError
    from .events.event import Event as Event
    from .events.resource import EventReceipt as EventReceipt
    from .http.base import AsyncTransport as AsyncTransport
    from .http.base import Request as Request
    from .http.base import Response as Response
    from .http.base import Transport as Transport
    from .notifications.models import CampaignCanceled as CampaignCanceled
    from .notifications.models import CampaignProcessed as CampaignProcessed
    from .notifications.models import CampaignsProcessed as CampaignsProcessed
    from .notifications.models import ChannelExecuted as ChannelExecuted
    from .notifications.models import ClearanceRequested as ClearanceRequested
    from .notifications.models import DailyProcessCompleted as DailyProcessCompleted
    from .notifications.models import EngagementReady as EngagementReady
    from .notifications.models import Notification as Notification
    from .notifications.models import RealtimeTriggered as RealtimeTriggered
    from .notifications.models import UnknownNotification as UnknownNotification
    from .notifications.parse import parse_notification as parse_notification
    from .token_store import FileTokenStore as FileTokenStore
    from .token_store import MemoryTokenStore as MemoryTokenStore

_HOMES = {
    "APIError": "errors",
    "AppInfo": "config",
    "AsyncOptimove": "client",
    "AsyncPager": "core.pager",
    "AsyncTransport": "http.base",
    "Attempt": "errors",
    "AuthenticationFailed": "errors",
    "BadRequest": "errors",
    "Batch": "core.batch",
    "BatchFailed": "errors",
    "BatchResult": "core.batch",
    "Call": "core.call",
    "CampaignCanceled": "notifications.models",
    "CampaignChannel": "api.campaigns",
    "CampaignChannelDetails": "api.campaigns",
    "CampaignDetails": "api.campaigns",
    "CampaignMetric": "api.metrics",
    "CampaignProcessed": "notifications.models",
    "CampaignStatus": "api.campaigns",
    "CampaignsProcessed": "notifications.models",
    "CanceledCustomer": "api.customers",
    "ChannelExecuted": "notifications.models",
    "ChannelTemplate": "api.templates",
    "ChannelTemplateDetails": "api.templates",
    "ClearanceRequested": "notifications.models",
    "Config": "config",
    "ConfigurationError": "errors",
    "ConnectionFailed": "errors",
    "CustomerAttribute": "api.attributes",
    "CustomerExecution": "api.customers",
    "CustomerPromotionStatus": "api.promotions",
    "CustomerSend": "api.customers",
    "DailyProcessCompleted": "notifications.models",
    "DeadlineExceeded": "errors",
    "DecodeError": "errors",
    "DuplicateMessage": "errors",
    "EndedAction": "api.customers",
    "EngagementReady": "notifications.models",
    "Event": "events.event",
    "EventReceipt": "events.resource",
    "EventRejected": "errors",
    "EventType": "api.listeners",
    "ExecutedCampaign": "api.campaigns",
    "ExecutionChannel": "api.campaigns",
    "FileTokenStore": "token_store",
    "Interaction": "api.metrics",
    "InvalidInput": "errors",
    "ItemOutcome": "core.batch",
    "ItemStatus": "core.batch",
    "MemoryTokenStore": "token_store",
    "Metric": "api.metrics",
    "NotFound": "errors",
    "Notification": "notifications.models",
    "NotificationError": "errors",
    "OPTIMOVE_RATE_LIMIT": "config",
    "Optimove": "client",
    "OptimoveError": "errors",
    "Outcome": "errors",
    "Page": "core.call",
    "Pager": "core.pager",
    "PermissionDenied": "errors",
    "Planner": "client",
    "Promotion": "api.promotions",
    "RateLimit": "config",
    "RateLimited": "errors",
    "RealtimeTriggered": "notifications.models",
    "Reply": "core.call",
    "Request": "http.base",
    "Response": "http.base",
    "ResponseLost": "errors",
    "RetryPolicy": "config",
    "Secret": "config",
    "ServerError": "errors",
    "TLS": "config",
    "Timeouts": "config",
    "Token": "core.policies.token",
    "TokenStore": "core.policies.token",
    "Transport": "http.base",
    "TransportError": "errors",
    "UnknownNotification": "notifications.models",
    "__version__": "_version",
    "parse_notification": "notifications.parse",
}

__all__ = [
    "OPTIMOVE_RATE_LIMIT",
    "TLS",
    "APIError",
    "AppInfo",
    "AsyncOptimove",
    "AsyncPager",
    "AsyncTransport",
    "Attempt",
    "AuthenticationFailed",
    "BadRequest",
    "Batch",
    "BatchFailed",
    "BatchResult",
    "Call",
    "CampaignCanceled",
    "CampaignChannel",
    "CampaignChannelDetails",
    "CampaignDetails",
    "CampaignMetric",
    "CampaignProcessed",
    "CampaignStatus",
    "CampaignsProcessed",
    "CanceledCustomer",
    "ChannelExecuted",
    "ChannelTemplate",
    "ChannelTemplateDetails",
    "ClearanceRequested",
    "Config",
    "ConfigurationError",
    "ConnectionFailed",
    "CustomerAttribute",
    "CustomerExecution",
    "CustomerPromotionStatus",
    "CustomerSend",
    "DailyProcessCompleted",
    "DeadlineExceeded",
    "DecodeError",
    "DuplicateMessage",
    "EndedAction",
    "EngagementReady",
    "Event",
    "EventReceipt",
    "EventRejected",
    "EventType",
    "ExecutedCampaign",
    "ExecutionChannel",
    "FileTokenStore",
    "Interaction",
    "InvalidInput",
    "ItemOutcome",
    "ItemStatus",
    "MemoryTokenStore",
    "Metric",
    "NotFound",
    "Notification",
    "NotificationError",
    "Optimove",
    "OptimoveError",
    "Outcome",
    "Page",
    "Pager",
    "PermissionDenied",
    "Planner",
    "Promotion",
    "RateLimit",
    "RateLimited",
    "RealtimeTriggered",
    "Reply",
    "Request",
    "Response",
    "ResponseLost",
    "RetryPolicy",
    "Secret",
    "ServerError",
    "Timeouts",
    "Token",
    "TokenStore",
    "Transport",
    "TransportError",
    "UnknownNotification",
    "__version__",
    "parse_notification",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
