"""Netmera, in two ways.

`NetmeraRelay` forwards Optimove's notifications to Netmera's own connector, which does the rest.
`NetmeraDelivery` fetches nothing from Optimove itself: the connector kit gives it batches, and it sends them
through Netmera's REST API.

>>> api = NetmeraAPI(os.environ["NETMERA_KEY"])
>>> relay = NetmeraRelay(api, app_key="…")
>>> delivery = NetmeraDelivery(api, [NetmeraTemplate(7, "Welcome", notification_key=1000)])

Source: https://user.netmera.com/netmera-developer-guide/integrated-modules/optimove
"""

from .api import BASE_URL, CHANNEL_IDS, NetmeraAPI, NotificationDefinition
from .delivery import NetmeraDelivery, NetmeraTemplate
from .errors import (
    AddressNotAllowed,
    InternalError,
    InvalidConfiguration,
    InvalidJSON,
    KeyRefused,
    LoginRefused,
    MessageNotFound,
    MessageTooBig,
    MissingParameter,
    NetmeraError,
    NotAuthorised,
    TimeRestricted,
)
from .relay import REALTIME_FIELDS, NetmeraRelay
from .sendlog import MemorySendLog, Past, SendLog, SQLiteSendLog

__all__ = [
    "BASE_URL",
    "CHANNEL_IDS",
    "REALTIME_FIELDS",
    "AddressNotAllowed",
    "InternalError",
    "InvalidConfiguration",
    "InvalidJSON",
    "KeyRefused",
    "LoginRefused",
    "MemorySendLog",
    "MessageNotFound",
    "MessageTooBig",
    "MissingParameter",
    "NetmeraAPI",
    "NetmeraDelivery",
    "NetmeraError",
    "NetmeraRelay",
    "NetmeraTemplate",
    "NotAuthorised",
    "NotificationDefinition",
    "Past",
    "SQLiteSendLog",
    "SendLog",
    "TimeRestricted",
]
