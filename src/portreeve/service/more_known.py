"""What becomes known of items beside what their host says, put into them before they are judged."""

from __future__ import annotations

from collections.abc import Sequence

from portreeve.schemas.screening import Submission
from portreeve.service.link_facts import LinkFacts
from portreeve.service.picture_facts import PictureFacts, Shown


class MoreKnown:
    """Of pictures what they show, of short links where they lead.

    Items are judged with it when they come, and again when more is known of them.
    """

    def __init__(self, pictures: PictureFacts, links: LinkFacts | None) -> None:
        """``links``: None where no links are followed."""
        self._pictures = pictures
        self._links = links

    def shown(self, submissions: Sequence[Submission]) -> Shown:
        """Submissions with what is known, and what is given with them."""
        shown = self._pictures.shown(submissions)
        if self._links is None:
            return shown
        return shown._replace(submissions=self._links.shown(shown.submissions))
