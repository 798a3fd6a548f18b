"""Templates of an execution channel: what a marketer can choose when planning a campaign."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from ..core.answer import First
from ..core.batch import Batch, batch_of
from ..core.call import Call, ListOf
from ..core.endpoint import Face, Resource, batched, endpoint
from ..wire import inputs
from ..wire.fields import Model

MAX_PER_CALL = 100


@attrs.frozen
class ChannelTemplate(Model):
    """A template of a channel. ``app_id`` is for push channels."""

    template_id: int
    template_name: str | None = None
    app_id: str | None = None


@attrs.frozen
class ChannelTemplateDetails(Model):
    """A template's content. ``template_attributes`` are by position: from name, from address, subject."""

    template_content: str | None = None
    template_attributes: tuple[str | None, ...] = ()
    template_id: int | None = None
    template_name: str | None = None


class Templates(Resource[Face]):
    """Templates of an execution channel."""

    @endpoint
    def list(self, channel_id: int) -> Call[ListOf[ChannelTemplate]]:
        """GetChannelTemplates: the templates of a channel.

        Args:
            channel_id: the channel.

        Returns:
            The templates; none, or an unknown channel, is an empty list.

        Raises:
            APIError: Optimove refused.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        params = inputs.ids(channel_id=channel_id)
        return Call("GET", "integrations/GetChannelTemplates", params=params, into=list[ChannelTemplate])

    @endpoint
    def get(self, channel_id: int, template_id: int) -> Call[ChannelTemplateDetails]:
        """GetChannelTemplateDetails: the content of one template.

        Optimove's own text on this function is not public; the shape is that of a live client.

        Args:
            channel_id: the channel.
            template_id: the template.

        Raises:
            NotFound: there is no such template.
            APIError: Optimove refused.

        Evidence: client code.

        Source: https://developer.optimove.com/reference (navigation only)
        """
        params = inputs.ids(channel_id=channel_id, template_id=template_id)
        return Call(
            "GET", "integrations/GetChannelTemplateDetails", params=params, read=First(ChannelTemplateDetails)
        )

    @batched
    def add(
        self, channel_id: int, templates: Iterable[ChannelTemplate], *, stop_on_error: bool = False
    ) -> Batch[ChannelTemplate]:
        """AddChannelTemplates: publish templates, so that marketers can choose them.

        Args:
            channel_id: the channel.
            templates: any number; 100 are sent in one call. Each needs an id of its own and a name.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each template.

        Raises:
            InvalidInput: an id comes twice, or a name is missing; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://developer.optimove.com/reference/post_integrations-addchanneltemplates
        """
        every = list(templates)
        inputs.unique("templates", [template.template_id for template in every])
        for index, template in enumerate(every):
            inputs.whole(f"templates[{index}].template_id", template.template_id)
            inputs.text(f"templates[{index}].template_name", template.template_name or "")
        params = inputs.ids(channel_id=channel_id)
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call(
                "POST", "integrations/AddChannelTemplates", params=params, json=part, safe=True
            ),
            stop_on_error=stop_on_error,
        )

    @batched
    def delete(
        self, channel_id: int, template_ids: Iterable[int], *, stop_on_error: bool = False
    ) -> Batch[int]:
        """DeleteChannelTemplates: withdraw templates.

        Args:
            channel_id: the channel.
            template_ids: any number; 100 are sent in one call.
            stop_on_error: do not send the rest after a call that failed.

        Returns:
            A `BatchResult`, one outcome for each id.

        Raises:
            InvalidInput: an id comes twice; nothing was sent.

        Evidence: old documentation, through a client's test data.

        Source: https://docs.optimove.com/api-usage-guide
        """
        every = [inputs.whole(f"template_ids[{index}]", value) for index, value in enumerate(template_ids)]
        inputs.unique("template_ids", every)
        inputs.whole("channel_id", channel_id)
        return batch_of(
            every,
            MAX_PER_CALL,
            lambda part: Call(
                "POST",
                "integrations/DeleteChannelTemplates",
                json=[{"ChannelID": channel_id, "TemplateID": template_id} for template_id in part],
                safe=True,
            ),
            stop_on_error=stop_on_error,
        )
