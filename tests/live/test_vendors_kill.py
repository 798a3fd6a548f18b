"""A process that is killed in the middle of a Netmera batch: the next one sends to nobody twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from optimove_sdk import Request
from optimove_sdk.testing.vendors import FakeNetmera
from support.servers import Conversation, Received, Server

CUSTOMERS = 60
CONCURRENCY = 4

WORKER = """
import asyncio, json, sys
from optimove_sdk.connector.base import Campaign, DeliveryBatch, Recipient
from optimove_sdk.http.httpx import AsyncHttpxTransport
from optimove_sdk.vendors.netmera import NetmeraAPI, NetmeraDelivery, NetmeraTemplate, SQLiteSendLog

url, path, customers, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
api = NetmeraAPI("netmera-key", base_url=url, transport=AsyncHttpxTransport(proxy=""))
template = NetmeraTemplate(7, "Welcome", 1000)
delivery = NetmeraDelivery(api, [template], log=SQLiteSendLog(path), concurrency=concurrency)
recipients = tuple(Recipient(f"C{number}") for number in range(customers))
batch = DeliveryBatch("batch-1", Campaign("default", 38, 459), 7, recipients)
print(json.dumps([outcome.error for outcome in asyncio.run(delivery.deliver(batch))]))
"""


def test_a_killed_process_leaves_at_most_its_open_requests_unknown(tmp_path: Path) -> None:
    netmera = FakeNetmera()
    netmera.define("Hello!")
    half, killed, lock = threading.Event(), threading.Event(), threading.Lock()

    def behave(_: Conversation, received: Received) -> Any:
        with lock:
            response = netmera.respond(Request("POST", received.target, received.headers, received.body))
            if len(netmera.shown) >= CUSTOMERS // 2:
                half.set()
        if half.is_set():
            killed.wait(20)  # what is under way now is never answered
        return response.status, response.body

    with Server(behave) as server:
        command = [sys.executable, "-c", WORKER, server.url, str(tmp_path / "sends.sqlite")]
        command += [str(CUSTOMERS), str(CONCURRENCY)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as first:
            assert half.wait(20)
            first.send_signal(signal.SIGKILL)
        killed.set()
        second = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    errors = json.loads(second.stdout)
    got = Counter(message.external_id for message in netmera.shown)
    assert max(got.values()) == 1
    unknown = [error for error in errors if error]
    assert 1 <= len(unknown) <= CONCURRENCY
    assert all(error.startswith("unknown: ") for error in unknown)
    assert len(got) >= CUSTOMERS - len(unknown)
