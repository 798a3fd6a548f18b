"""Apps of a push channel: what a marketer can choose when planning a campaign."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..core.batch import Batch, batch_of
from ..core.call import Call
from ..core.endpoint import Face, Resource, batched
from ..wire import inputs
from ..wire.fields import Model

MAX_PER_CALL = 100


@attrs.frozen
class ChannelApp(Model):
    """An app of a channel. The id is text, as in Optimove's own samples; an old client sends numbers."""

    app_id: str | int
    app_name: str


class ChannelApps(Resource[Face]):
    """Apps of a push channel. Optimove has no function that lists them."""

    @batched
    def add(
        self, channel_id: int, apps: Iterable[ChannelApp], *, stop_on_error: bool = False
    ) -> Batch[ChannelApp]:
        """AddChannelApps: publish apps, so that marketers can choose them.

        Args:
            channel_id: the channel.
            apps: any number; 100 are sent in one call. Each needs an id of its own and a name.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each app.

        Raises:
            InvalidInput: an id comes twice, or a name is missing; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        every = list(apps)
        inputs.unique("apps", [str(app.app_id) for app in every])
        for index, app in enumerate(every):
            inputs.text(f"apps[{index}].app_id", str(app.app_id))
            inputs.text(f"apps[{index}].app_name", app.app_name)
        params = inputs.ids(channel_id=channel_id)
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call("POST", "integrations/AddChannelApps", params=params, json=part, safe=True),
            stop_on_error=stop_on_error,
        )

    @batched
    def delete(
        self, channel_id: int, app_ids: Iterable[str | int], *, stop_on_error: bool = False
    ) -> Batch[str | int]:
        """DeleteChannelApps: withdraw apps.

        Args:
            channel_id: the channel.
            app_ids: any number; 100 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each id.

        Raises:
            InvalidInput: an id comes twice; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        every = list(app_ids)
        inputs.unique("app_ids", [str(app_id) for app_id in every])
        inputs.whole("channel_id", channel_id)
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/DeleteChannelApps",
                json=[{"ChannelID": channel_id, "AppID": app_id} for app_id in part],
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )
