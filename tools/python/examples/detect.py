"""Boxes in a picture, as the examples in C and C++ print them: detect.py MODEL PICTURE."""

import sys

import libiou


def main(model: str, picture: str) -> None:
    found = libiou.Detector(model)(picture, score_threshold=0.5)
    for name, score, box in zip(found.names, found.scores, found.xyxy, strict=True):
        print(name, f"{score:.3f}", *(f"{edge:.1f}" for edge in box))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:3])
    except libiou.IoUError as error:
        sys.exit(f"detect: {error}")
