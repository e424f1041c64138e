"""What is made while the wheel is built: catalogues of translations as programs read them."""

import pathlib
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledCatalogues(BuildHookInterface[Any]):
    """Puts a `messages.mo` beside each `messages.po`, in the wheel alone."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root, made = pathlib.Path(self.root), pathlib.Path(self.directory) / "catalogues"
        for source in sorted((root / "timebank/translations").glob("*/LC_MESSAGES/messages.po")):
            language = source.parent.parent.name
            with source.open("rb") as file:
                catalogue = read_po(file, locale=language.replace("-", "_"))
            compiled = made / f"{language}.mo"
            compiled.parent.mkdir(parents=True, exist_ok=True)
            with compiled.open("wb") as file:
                write_mo(file, catalogue)
            place = source.with_suffix(".mo").relative_to(root)
            build_data["force_include"][str(compiled)] = str(place)
