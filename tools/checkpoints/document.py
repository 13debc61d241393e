"""docs/checkpoints.md, and a line for the terminal."""

from bench.cases import ROOT
from bench.report import markdown_table
from checkpoints.compare import MOST_PX, MOST_SCORE, Agreement
from checkpoints.source import Source

PAGE = ROOT / "docs" / "checkpoints.md"
COLUMNS = ("source", "file", "backbone", "`iouc export` also needs", "compared with", "agrees", "pictures", "boxes",
           "largest px", "largest score", "swapped")
ABOUT = f"""# Checkpoints

Files of weights as other code bases write them, exported by `iouc export model.onnx --weights FILE --backbone NAME
--no-iou-head` and run by libiou: the final boxes on real pictures are those of the source, which resizes, pads and
decodes itself. To repeat the table below (the packages take gigabytes, a run half an hour):

```sh
make build test-hooks
tools/checkpoints/run.sh --document          # makes all files in out/checkpoints, compares, writes this page
tools/checkpoints/run.sh torchvision-v1      # some; --list prints the names
```

- The weights are seeded, not trained: the source's own network, with calibrated statistics of batch normalisation and
  output layers scaled so that every picture has boxes (`tools/checkpoints/calibrate.py`).
- Pictures: a blood smear and parts of two, and a photograph of cards, with the sides 480×640, 397×611, 211×637 and
  501×373, where shared/data lies beside the repository, else those of `Examples`. No convention but ODTK's makes their
  sides multiples of 128.
- **agrees**: as many boxes, of the same classes, at most {MOST_PX} pixels and {MOST_SCORE:.0e} of a score away, in the
  same order. **swapped** counts those that stand elsewhere among scores of the source that differ by less than that,
  which is what 32-bit floats leave open in networks of random weights.
- **compared with** the package: its Python code from PyPI, from the picture to the final boxes. Compiled parts are
  missing there; non-maximum suppression is the only one that is needed, and plain. Detectron2 is there as
  `detectron2-cdo`. MMDetection 1 and ODTK have no package that can be installed: their names and options are put on our
  training network, and resizing, decoding and selection are written from their code (`origin_pictures.py`,
  `origin_decoders.py`).
"""


def write(known: dict[str, Source], results: dict[str, Agreement]) -> None:
    agree = sum(not result.problem() for result in results.values())
    rows = [_row(known[name], result) for name, result in results.items()]
    PAGE.write_text(f"{ABOUT}\n{agree} of {len(results)} agree.\n\n{markdown_table(COLUMNS, rows)}\n")


def line(source: Source, result: Agreement) -> str:
    return "  ".join((source.name, *_row(source, result)))


def _row(source: Source, result: Agreement) -> tuple[str, ...]:
    options = f"`{' '.join(source.options)}`" if source.options else "–"
    about = (source.title, f"`{source.file}`", source.backbone, options, source.compared_with)
    agrees = result.problem().replace("|", "/") or "yes"
    return (*about, agrees, str(result.pictures), str(result.boxes), f"{result.box_px:.1e}", f"{result.score:.1e}",
            str(result.swapped))
