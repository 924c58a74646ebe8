"""The words that every message is made of."""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
INSTANT = r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{3}Z$"
DATE = r"^\d{4}-[01]\d-[0-3]\d$"
KEY = r"^[a-z0-9][a-z0-9-]{0,63}$"

WORDS = r"^[^\x00]*$"

Id = Annotated[str, Field(pattern=UUID)]
Instant = Annotated[str, Field(pattern=INSTANT, description="an instant in UTC, exactly milliseconds")]
LocalDate = Annotated[
    str,
    Field(pattern=DATE, description="a date in the organisation's zone"),
    AfterValidator(lambda text: date.fromisoformat(text) and text),
]
Key = Annotated[str, Field(pattern=KEY, description="set by an author, stable across versions")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the bytes")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9-]{2,32})?$", description="BCP 47")]
Words = Annotated[str, Field(pattern=WORDS, description="any text; NUL is in none")]
Texts = Annotated[dict[Language, str], Field(description="one text a language")]


class Message(BaseModel):
    """A shape on the wire: no coercion, no unknown field, no NaN."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)
