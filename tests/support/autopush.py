"""The same push service, to which a real Firefox subscribes: what it takes goes on to the browser, as it came, over the
websocket that Firefox holds to its own service. Messages for a browser that is away wait for it.
"""

import json
import threading
import uuid
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from .push_service import PushService, judged, to_text

Message = dict[str, Any]


class Autopush(PushService):
    """`acknowledged` holds what the browser said of each message: 100 is shown to the worker, 101 could not be read."""

    def __init__(self) -> None:
        super().__init__()
        self.channels: dict[str, tuple[str, str, str]] = {}
        """by token: the channel, the browser, and the server's key"""
        self.acknowledged: list[int] = []
        self._browsers: dict[str, ServerConnection] = {}
        self._waiting: dict[str, list[Message]] = {}
        self._socket = serve(self._talk, "127.0.0.1", 0, subprotocols=[Subprotocol("push-notification")])
        self.url = f"ws://127.0.0.1:{self._socket.socket.getsockname()[1]}/"
        for act in (self.serve, self._socket.serve_forever):
            threading.Thread(target=act, daemon=True).start()

    def stop(self) -> None:
        super().stop()
        self._socket.shutdown()

    def take(self, token: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        if token in self.phones:
            return super().take(token, headers, body)
        if token not in self.channels:
            return 410, {}, "gone"
        channel, browser, key = self.channels[token]
        wrong, _ = judged(headers, key, self.origin, self._now())
        if wrong:
            return *wrong, "refused"
        said = {"messageType": "notification", "channelID": channel, "version": uuid.uuid4().hex}
        self._pass_on(browser, said | {"data": to_text(body), "headers": {"encoding": "aes128gcm"}})
        return 201, {"Location": f"{self.origin}/m/1"}, ""

    def _pass_on(self, browser: str, message: Message) -> None:
        if browser in self._browsers:
            self._browsers[browser].send(json.dumps(message))
        else:
            self._waiting.setdefault(browser, []).append(message)

    def _talk(self, connection: ServerConnection) -> None:
        browser = ""
        with suppress(ConnectionClosed):
            for said in connection:
                message: Message = json.loads(said)
                browser = self._hello(connection, message) if message.get("messageType") == "hello" else browser
                self._hear(connection, browser, message)
        self._browsers.pop(browser, None)

    def _hello(self, connection: ServerConnection, message: Message) -> str:
        browser = message.get("uaid") or uuid.uuid4().hex
        answer = {"messageType": "hello", "uaid": browser, "status": 200, "use_webpush": True, "broadcasts": {}}
        connection.send(json.dumps(answer))
        self._browsers[browser] = connection
        for one in self._waiting.pop(browser, []):
            self._pass_on(browser, one)
        return str(browser)

    def _hear(self, connection: ServerConnection, browser: str, message: Message) -> None:
        match message.get("messageType"):
            case "register":
                token = uuid.uuid4().hex
                self.channels[token] = (message["channelID"], browser, message["key"].rstrip("="))
                answer = {"status": 200, "pushEndpoint": f"{self.origin}/p/{token}"}
            case "unregister":
                gone = [token for token, (channel, _, _) in self.channels.items() if channel == message["channelID"]]
                for token in gone:
                    del self.channels[token]
                answer = {"status": 200}
            case "ack":
                self.acknowledged += [one["code"] for one in message["updates"]]
                return
            case _:
                return
        connection.send(json.dumps({**message, **answer}))
