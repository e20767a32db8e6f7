"""Packaging the VS Code extension as a .vsix file, from the folder vscode/."""

import io
import json
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from studio_sync import __version__

_SOURCE = Path(__file__).with_name("vscode")
_MANIFEST = "package.json"
_INSTALLER = "installer.json"
_TEXTS = (".js", ".json", ".md", ".css", ".svg")
_MOMENT = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3

_CONTENT_TYPES = """\
<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{types}</Types>
"""
_TYPES = {
    "css": "text/css", "js": "application/javascript", "json": "application/json", "md": "text/markdown",
    "svg": "image/svg+xml", "vsixmanifest": "text/xml",
}  # fmt: skip
_PACKAGE = """\
<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id={name} Version={version} Publisher={publisher}/>
    <DisplayName>{title}</DisplayName>
    <Description xml:space="preserve">{description}</Description>
    <Tags>{tags}</Tags>
    <Categories>{categories}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value={engine}/>
      <Property Id="Microsoft.VisualStudio.Code.ExtensionKind" Value={kind}/>
    </Properties>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Dependencies/>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest"
      Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details"
      Path="extension/README.md" Addressable="true"/>
  </Assets>
</PackageManifest>
"""


@cache
def manifest() -> dict[str, Any]:
    """The extension's package.json, with the version of this package."""
    package: dict[str, Any] = json.loads((_SOURCE / _MANIFEST).read_text("utf-8"))
    return package | {"version": __version__}


def extension_id() -> str:
    """The extension's id: `publisher.name`."""
    return f"{manifest()['publisher']}.{manifest()['name']}"


def file_name() -> str:
    """The default name of the file."""
    return f"{extension_id()}-{__version__}.vsix"


def vsix(installer: Sequence[str] = ()) -> bytes:
    """The extension as one file, reproducible: the same arguments give the same bytes everywhere.

    `installer` is the command line of the installing studio, which the extension then uses; without it the
    file works on any machine.
    """
    entries = {
        "[Content_Types].xml": _content_types(),
        "extension.vsixmanifest": _package(),
        **{f"extension/{name}": text for name, text in _sources().items()},
    }
    if installer:
        entries[f"extension/{_INSTALLER}"] = _json({"command": list(installer)})
    packed = io.BytesIO()
    # Uncompressed, because the result of compression differs between versions.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, text in sorted(entries.items()):
            info = zipfile.ZipInfo(name, _MOMENT)
            info.create_system, info.external_attr = _UNIX, _MODE
            archive.writestr(info, text.encode())
    return packed.getvalue()


def _sources() -> dict[str, str]:
    """The texts of the extension by their paths in it."""
    found = {
        place.relative_to(_SOURCE).as_posix(): place.read_text("utf-8")
        for place in _SOURCE.rglob("*")
        if place.suffix in _TEXTS
    }
    return found | {_MANIFEST: _json(manifest())}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _content_types() -> str:
    types = "".join(
        f'<Default Extension=".{suffix}" ContentType="{kind}"/>' for suffix, kind in sorted(_TYPES.items())
    )
    return _CONTENT_TYPES.format(types=types)


def _package() -> str:
    package = manifest()
    attributes = {
        "name": package["name"],
        "version": package["version"],
        "publisher": package["publisher"],
        "engine": package["engines"]["vscode"],
        "kind": ",".join(package["extensionKind"]),
    }
    texts = {
        "title": package["displayName"],
        "description": package["description"],
        "tags": ",".join(package["keywords"]),
        "categories": ",".join(package["categories"]),
    }
    return _PACKAGE.format(
        **{name: quoteattr(text) for name, text in attributes.items()},
        **{name: escape(text) for name, text in texts.items()},
    )
