"""What every model of a pack's files is made of: ids, texts in two languages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)


class Title(Model):
    """A text in one or both languages."""

    en: str | None = Field(None, min_length=1, description="English")
    zh: str | None = Field(None, min_length=1, description="Chinese")

    @model_validator(mode="after")
    def _one_language(self) -> Title:
        if self.en is None and self.zh is None:
            raise ValueError("needs-one-language")
        return self

    def in_(self, lang: str) -> str:
        """The text in `lang`, else in the other language."""
        return (self.zh or self.en if lang == "zh" else self.en or self.zh) or ""
