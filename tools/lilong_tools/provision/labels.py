"""A printable sheet of labels, one a device: what it is, where it belongs, a QR code that leads to it. No secret."""

import html
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from .errors import ProvisionError


class Label(NamedTuple):
    device: str
    kind: str
    board: str
    name: str
    place: str


SHEET = """\
<!doctype html>
<meta charset="utf-8">
<title>{title}</title>
<style>
  @page {{ size: A4; margin: 10mm }}
  body {{ margin: 0; font: 9pt/1.25 system-ui, sans-serif }}
  main {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 2mm }}
  article {{ border: 0.2mm solid #999; padding: 2mm; display: flex; gap: 2mm; break-inside: avoid; overflow: hidden }}
  svg {{ width: 24mm; height: 24mm; flex: none }}
  b {{ font-size: 10pt; overflow-wrap: anywhere }}
  code {{ font-size: 9pt; letter-spacing: 0.02em }}
  p {{ margin: 0 }}
</style>
<main>
{labels}
</main>
"""


def claim_url(base: str | None) -> str | None:
    """The URL before a device's id, checked; ProvisionError for one that a label should not carry."""
    if base is None:
        return None
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or parts.password or parts.username or parts.fragment:
        raise ProvisionError(f"--claim {base!r}: give an https:// URL without a login, to be followed by an id")
    return base


def sheet(tenant: str, labels: Sequence[Label], claim: str | None) -> str:
    """The same labels give the same page. ProvisionError without the package that draws QR codes."""
    return SHEET.format(
        title=html.escape(f"{tenant}: {len(labels)} devices"), labels="\n".join(_label(one, claim) for one in labels)
    )


def need_segno() -> None:
    """ProvisionError when codes cannot be drawn, before anything else is done."""
    try:
        import segno  # noqa: F401, PLC0415  an extra
    except ImportError:
        raise ProvisionError(
            "labels: the package segno is not installed: pip install 'lilong[provision]', or give --no-labels"
        ) from None


def _label(label: Label, claim: str | None) -> str:
    import segno  # noqa: PLC0415

    code = segno.make_qr(label.device if claim is None else claim + label.device, error="m", boost_error=False)
    device = " ".join(label.device[at : at + 4] for at in range(0, 16, 4))
    lines = (f"<b>{html.escape(label.name or label.kind)}</b>", f"<code>{device}</code>",
             html.escape(f"{label.kind}, {label.board}"), html.escape(label.place))  # fmt: skip
    text = "".join(f"<p>{line}</p>" for line in lines if line)
    return f"<article>{code.svg_inline(omitsize=True)}<div>{text}</div></article>"
