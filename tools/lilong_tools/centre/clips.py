"""Where the clip of a camera is: a camera tells its number, and the recorder of the estate keeps the picture.

A reference resolves for KEPT_DAYS after it was told, in an alarm or in an event; then it is gone, and that is said.
"""

from .model import CentreError, Json

KEPT_DAYS = 30  # (ours) how long a recorder keeps what cameras have seen
KEPT_MS = KEPT_DAYS * 86_400_000
ON_THE_CAMERA = "camera:{name}#{clip}"  # where nobody has said what keeps it
_KEYS = ("name", "device", "clip")


class GoneError(CentreError):
    """It was kept, and is not any more."""


def template_of(text: str) -> str:
    """`--clips`: an address with {device} or {name}, and {clip}. CentreError for what is none."""
    try:
        one, other = (text.format(name="a", device="b", clip=clip) for clip in (1, 2))
    except (KeyError, IndexError, ValueError, AttributeError):
        one = other = ""
    if one == other:
        raise CentreError(f"--clips {text!r}: give an address with {{clip}}, and {{device}} or {{name}} where needed")
    return text


def resolve(now_ms: int, device: str, name: str, clip: int, told_ms: int | None, template: str) -> Json:
    """Where it is, and until when. `told_ms`: when its camera told of it first; None: it never did. CentreError where
    there is no such clip, GoneError where there is none any more."""
    if told_ms is None:
        raise CentreError(f"clip {clip} of {name}: that camera has told of none with this number")
    if now_ms >= told_ms + KEPT_MS:
        raise GoneError(f"clip {clip} of {name}: gone, clips are kept for {KEPT_DAYS} days")
    return {
        "device": device, "name": name, "clip": clip, "at": told_ms, "until": told_ms + KEPT_MS,
        "where": template.format(name=name, device=device, clip=clip),
    }  # fmt: skip
