"""A typed client for all of Optimove.

Public names are imported when first used: ``import optimove_sdk`` itself loads nothing else.
"""

from __future__ import annotations

import importlib

TYPE_CHECKING = False  # type checkers know the name; importing typing would cost more than all the rest
if TYPE_CHECKING:
    from typing import Any

    from ._version import __version__ as __version__
    from .api.actions import Action as Action
    from .api.actions import ActionPromoCodes as ActionPromoCodes
    from .api.actions import RecipientGroupAction as RecipientGroupAction
    from .api.actions import RecipientGroupActionDetails as RecipientGroupActionDetails
    from .api.attributes import AttributeChange as AttributeChange
    from .api.attributes import CustomerAttribute as CustomerAttribute
    from .api.attributes import WriteAccepted as WriteAccepted
    from .api.audience import CanceledCustomer as CanceledCustomer
    from .api.audience import CustomerExecution as CustomerExecution
    from .api.audience import CustomerSend as CustomerSend
    from .api.audience import OneTimeAction as OneTimeAction
    from .api.audience import TargetedCustomer as TargetedCustomer
    from .api.campaigns import CampaignChannel as CampaignChannel
    from .api.campaigns import CampaignChannelDetails as CampaignChannelDetails
    from .api.campaigns import CampaignDetails as CampaignDetails
    from .api.campaigns import CampaignStatus as CampaignStatus
    from .api.campaigns import ExecutedCampaign as ExecutedCampaign
    from .api.campaigns import ExecutionChannel as ExecutionChannel
    from .api.channel_apps import ChannelApp as ChannelApp
    from .api.customer_lists import CustomerList as CustomerList
    from .api.customers import CustomerAction as CustomerAction
    from .api.customers import EndedAction as EndedAction
    from .api.customers import LastAction as LastAction
    from .api.insights import ChannelInteraction as ChannelInteraction
    from .api.insights import FutureValue as FutureValue
    from .api.insights import ProductRecommendation as ProductRecommendation
    from .api.listeners import EventType as EventType
    from .api.mail import Attachment as Attachment
    from .api.mail import MailReceipt as MailReceipt
    from .api.mail import MailTemplate as MailTemplate
    from .api.mail import Recipient as Recipient
    from .api.metrics import CampaignMetric as CampaignMetric
    from .api.metrics import Interaction as Interaction
    from .api.metrics import Metric as Metric
    from .api.model import AttributeDefinition as AttributeDefinition
    from .api.model import LifecycleStage as LifecycleStage
    from .api.model import Microsegment as Microsegment
    from .api.model import MicrosegmentChange as MicrosegmentChange
    from .api.preferences import CustomerPreferences as CustomerPreferences
    from .api.preferences import TopicPreference as TopicPreference
    from .api.promotions import CustomerPromotionStatus as CustomerPromotionStatus
    from .api.promotions import Promotion as Promotion
    from .api.target_groups import TargetGroup as TargetGroup
    from .api.target_groups import TargetGroupChange as TargetGroupChange
    from .api.templates import ChannelTemplate as ChannelTemplate
    from .api.templates import ChannelTemplateDetails as ChannelTemplateDetails
    from .api.unsubscribers import Unsubscriber as Unsubscriber
    from .api.value_segments import SegmentCustomer as SegmentCustomer
    from .api.value_segments import ValueSegment as ValueSegment
    from .api.value_segments import ValueSegmentChange as ValueSegmentChange
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
    from .events.catalog import EventCatalog as EventCatalog
    from .events.catalog import EventDefinition as EventDefinition
    from .events.event import Event as Event
    from .events.outbox import DeadLetter as DeadLetter
    from .events.outbox import MemoryOutbox as MemoryOutbox
    from .events.outbox import Outbox as Outbox
    from .events.outbox import SQLiteOutbox as SQLiteOutbox
    from .events.publisher import AsyncPublisher as AsyncPublisher
    from .events.publisher import Publisher as Publisher
    from .events.reports import FlushReport as FlushReport
    from .events.reports import PublisherStats as PublisherStats
    from .events.reports import Rejection as Rejection
    from .events.resource import EventReceipt as EventReceipt
    from .export.progress import Progress as Progress
    from .http.base import AsyncStreamedResponse as AsyncStreamedResponse
    from .http.base import AsyncTransport as AsyncTransport
    from .http.base import Request as Request
    from .http.base import Response as Response
    from .http.base import StreamedResponse as StreamedResponse
    from .http.base import Transport as Transport
    from .notifications.approval import ApprovalAction as ApprovalAction
    from .notifications.approval import ApprovalAnswer as ApprovalAnswer
    from .notifications.approval import ApprovalCampaign as ApprovalCampaign
    from .notifications.approval import ApprovalChannel as ApprovalChannel
    from .notifications.approval import ApprovalQuestion as ApprovalQuestion
    from .notifications.approval import ApprovalTemplate as ApprovalTemplate
    from .notifications.approval import ApprovalUser as ApprovalUser
    from .notifications.approval import parse_approval_question as parse_approval_question
    from .notifications.callbacks import AttributeAdded as AttributeAdded
    from .notifications.callbacks import AttributesUpdated as AttributesUpdated
    from .notifications.callbacks import DefinitionProblem as DefinitionProblem
    from .notifications.callbacks import UpdateFailure as UpdateFailure
    from .notifications.callbacks import UpdateProblem as UpdateProblem
    from .notifications.callbacks import parse_attribute_callback as parse_attribute_callback
    from .notifications.listener import Listener as Listener
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
    from .notifications.registration import Registration as Registration
    from .notifications.registration import Topic as Topic
    from .notifications.reports import Problem as Problem
    from .notifications.reports import Report as Report
    from .notifications.seen import MemorySeenStore as MemorySeenStore
    from .notifications.seen import Seen as Seen
    from .notifications.seen import SeenStore as SeenStore
    from .notifications.seen_sqlite import SQLiteSeenStore as SQLiteSeenStore
    from .token_store import FileTokenStore as FileTokenStore
    from .token_store import MemoryTokenStore as MemoryTokenStore

_MODULES = {
    "_version": "__version__",
    "api.actions": "Action ActionPromoCodes RecipientGroupAction RecipientGroupActionDetails",
    "api.attributes": "AttributeChange CustomerAttribute WriteAccepted",
    "api.audience": "CanceledCustomer CustomerExecution CustomerSend OneTimeAction TargetedCustomer",
    "api.campaigns": (
        "CampaignChannel CampaignChannelDetails CampaignDetails CampaignStatus ExecutedCampaign "
        "ExecutionChannel"
    ),
    "api.channel_apps": "ChannelApp",
    "api.customer_lists": "CustomerList",
    "api.customers": "CustomerAction EndedAction LastAction",
    "api.insights": "ChannelInteraction FutureValue ProductRecommendation",
    "api.listeners": "EventType",
    "api.mail": "Attachment MailReceipt MailTemplate Recipient",
    "api.metrics": "CampaignMetric Interaction Metric",
    "api.model": "AttributeDefinition LifecycleStage Microsegment MicrosegmentChange",
    "api.preferences": "CustomerPreferences TopicPreference",
    "api.promotions": "CustomerPromotionStatus Promotion",
    "api.target_groups": "TargetGroup TargetGroupChange",
    "api.templates": "ChannelTemplate ChannelTemplateDetails",
    "api.unsubscribers": "Unsubscriber",
    "api.value_segments": "SegmentCustomer ValueSegment ValueSegmentChange",
    "client": "AsyncOptimove Optimove Planner",
    "config": "AppInfo Config OPTIMOVE_RATE_LIMIT RateLimit RetryPolicy Secret TLS Timeouts",
    "core.batch": "Batch BatchResult ItemOutcome ItemStatus",
    "core.call": "Call Page Reply",
    "core.pager": "AsyncPager Pager",
    "core.policies.token": "Token TokenStore",
    "errors": (
        "APIError Attempt AuthenticationFailed BadRequest BatchFailed ConfigurationError ConnectionFailed "
        "DeadlineExceeded DecodeError DuplicateMessage EventRejected InvalidInput NotFound "
        "NotificationError OptimoveError Outcome PermissionDenied RateLimited ResponseLost ServerError "
        "TransportError"
    ),
    "events.catalog": "EventCatalog EventDefinition",
    "events.event": "Event",
    "events.outbox": "DeadLetter MemoryOutbox Outbox SQLiteOutbox",
    "events.publisher": "AsyncPublisher Publisher",
    "events.reports": "FlushReport PublisherStats Rejection",
    "events.resource": "EventReceipt",
    "export.progress": "Progress",
    "http.base": "AsyncStreamedResponse AsyncTransport Request Response StreamedResponse Transport",
    "notifications.approval": (
        "ApprovalAction ApprovalAnswer ApprovalCampaign ApprovalChannel ApprovalQuestion ApprovalTemplate "
        "ApprovalUser parse_approval_question"
    ),
    "notifications.callbacks": (
        "AttributeAdded AttributesUpdated DefinitionProblem UpdateFailure UpdateProblem "
        "parse_attribute_callback"
    ),
    "notifications.listener": "Listener",
    "notifications.models": (
        "CampaignCanceled CampaignProcessed CampaignsProcessed ChannelExecuted ClearanceRequested "
        "DailyProcessCompleted EngagementReady Notification RealtimeTriggered UnknownNotification"
    ),
    "notifications.parse": "parse_notification",
    "notifications.registration": "Registration Topic",
    "notifications.reports": "Problem Report",
    "notifications.seen": "MemorySeenStore Seen SeenStore",
    "notifications.seen_sqlite": "SQLiteSeenStore",
    "token_store": "FileTokenStore MemoryTokenStore",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = [
    "OPTIMOVE_RATE_LIMIT",
    "TLS",
    "APIError",
    "Action",
    "ActionPromoCodes",
    "AppInfo",
    "ApprovalAction",
    "ApprovalAnswer",
    "ApprovalCampaign",
    "ApprovalChannel",
    "ApprovalQuestion",
    "ApprovalTemplate",
    "ApprovalUser",
    "AsyncOptimove",
    "AsyncPager",
    "AsyncPublisher",
    "AsyncStreamedResponse",
    "AsyncTransport",
    "Attachment",
    "Attempt",
    "AttributeAdded",
    "AttributeChange",
    "AttributeDefinition",
    "AttributesUpdated",
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
    "ChannelApp",
    "ChannelExecuted",
    "ChannelInteraction",
    "ChannelTemplate",
    "ChannelTemplateDetails",
    "ClearanceRequested",
    "Config",
    "ConfigurationError",
    "ConnectionFailed",
    "CustomerAction",
    "CustomerAttribute",
    "CustomerExecution",
    "CustomerList",
    "CustomerPreferences",
    "CustomerPromotionStatus",
    "CustomerSend",
    "DailyProcessCompleted",
    "DeadLetter",
    "DeadlineExceeded",
    "DecodeError",
    "DefinitionProblem",
    "DuplicateMessage",
    "EndedAction",
    "EngagementReady",
    "Event",
    "EventCatalog",
    "EventDefinition",
    "EventReceipt",
    "EventRejected",
    "EventType",
    "ExecutedCampaign",
    "ExecutionChannel",
    "FileTokenStore",
    "FlushReport",
    "FutureValue",
    "Interaction",
    "InvalidInput",
    "ItemOutcome",
    "ItemStatus",
    "LastAction",
    "LifecycleStage",
    "Listener",
    "MailReceipt",
    "MailTemplate",
    "MemoryOutbox",
    "MemorySeenStore",
    "MemoryTokenStore",
    "Metric",
    "Microsegment",
    "MicrosegmentChange",
    "NotFound",
    "Notification",
    "NotificationError",
    "OneTimeAction",
    "Optimove",
    "OptimoveError",
    "Outbox",
    "Outcome",
    "Page",
    "Pager",
    "PermissionDenied",
    "Planner",
    "Problem",
    "ProductRecommendation",
    "Progress",
    "Promotion",
    "Publisher",
    "PublisherStats",
    "RateLimit",
    "RateLimited",
    "RealtimeTriggered",
    "Recipient",
    "RecipientGroupAction",
    "RecipientGroupActionDetails",
    "Registration",
    "Rejection",
    "Reply",
    "Report",
    "Request",
    "Response",
    "ResponseLost",
    "RetryPolicy",
    "SQLiteOutbox",
    "SQLiteSeenStore",
    "Secret",
    "Seen",
    "SeenStore",
    "SegmentCustomer",
    "ServerError",
    "StreamedResponse",
    "TargetGroup",
    "TargetGroupChange",
    "TargetedCustomer",
    "Timeouts",
    "Token",
    "TokenStore",
    "Topic",
    "TopicPreference",
    "Transport",
    "TransportError",
    "UnknownNotification",
    "Unsubscriber",
    "UpdateFailure",
    "UpdateProblem",
    "ValueSegment",
    "ValueSegmentChange",
    "WriteAccepted",
    "__version__",
    "parse_approval_question",
    "parse_attribute_callback",
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
