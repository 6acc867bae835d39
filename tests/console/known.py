"""A bank of known pictures in the invented world, and one that is not used any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portreeve.schemas.picture_banks import (
    BankFile,
    NewBankPicture,
    NewPictureBank,
    PictureBankChange,
)

if TYPE_CHECKING:
    from .world import World

POSTER = "f8c0f8f4fcce70f3c2f0a0e1d08f3ac2717a0f8ec7c53e1c8f0743aa55d3691c"


def keep_banks(world: World) -> None:
    """An administrator makes a bank and fills it; another was tried and disabled."""
    ada, banks = world.actor("ada"), world.service.picture_banks
    tried = banks.create(ada, NewPictureBank(name="试用库", words="上线前试用，已停用"))
    banks.change(ada, tried.id, PictureBankChange(enabled=False))
    made = banks.create(
        ada, NewPictureBank(name="面膜海报", words="Posters of 三无 masks that agents pass on.")
    )
    world.ids["bank"] = made.id
    banks.take_in(ada, made.id, BankFile(data=f"pdq {'0f8e' * 16}\npdq {'c3a5' * 16}\n".encode()))
    banks.add(
        ada,
        made.id,
        NewBankPicture(pdq=POSTER, quality=96, label="89元一盒", tags=["masks", "wechat-code"]),
    )
