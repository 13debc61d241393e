"""Whether a side agrees with the reference."""

from detectors.differences import Difference

# Times ONNX Runtime's own difference is still agreement, up to so many times the tolerance: a badly conditioned network
# magnifies any rounding.
OWN, MOST = 4, 10


def disagreement(found: Difference, own: Difference, tolerance: float, side: int) -> str:
    """What is too far away; empty where all agrees. `own`: ONNX Runtime with its optimisations; `side` in pixels."""
    if found.problem:
        return found.problem
    if found.unmatched:
        return f"{found.unmatched} of {found.detections} detections not found on both sides"
    if found.misplaced:
        return f"{found.misplaced} of {found.detections} detections in another order"
    for kind, scale in (("relative", 1.0), ("boxes_px", side), ("scores", 1.0)):
        error = getattr(found, kind)
        least = tolerance * scale
        most = max(least, min(OWN * (getattr(own, kind) or 0.0), MOST * least))
        if error is not None and not error <= most:
            return f"{kind.removesuffix('_px')}: expected at most {most:.0e} away, found {error:.0e}"
    return ""
