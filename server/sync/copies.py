"""A number that comes twice with different acts: the phone was copied, or its store put back. Both acts are kept."""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection

from server.foundation import clock
from server.people import devices

from . import ledger

log = logging.getLogger(__name__)


def note_copies(connection: Connection, heard: Mapping[str, devices.Heard], told: Mapping[str, Sequence[int]]) -> None:
    """Devices among whose new numbers one is known already are so noted, for a coordinator to see. Again: the time moves on.

    Asked of the ledger only where what is remembered of the device speaks for it: it costs a usual push nothing.
    """
    for device_id, seqs in told.items():
        again = sorted({seq for seq in seqs if heard[device_id].has_seen(seq) or seqs.count(seq) > 1})
        if again and ledger.is_doubled(connection, device_id, again):
            log.error("device %s has told two acts under one number: it was copied, or restored", device_id)
            devices.note_copy(connection, device_id, clock.now())
