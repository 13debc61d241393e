"""Small networks with the parts of detectors that people have, as PyTorch's exporter writes them."""

import io
import math

import torch
from torch import nn
from torch.nn import functional

CLASSES, BINS = 5, 8


def seeded(network: nn.Module) -> nn.Module:
    """Weights that keep the outputs' range healthy, and statistics that a wrong folding cannot hide behind."""
    torch.manual_seed(5)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                fan_in = parameter[0].numel()
                parameter.normal_(0, (1.5 / fan_in) ** 0.5)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.3)
            else:
                parameter.uniform_(0.5, 1.5)
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.uniform_(-0.5, 0.5)
            elif name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5)
    return network.eval()


def exported(network: nn.Module, shape: tuple[int, ...], dynamic: bool) -> bytes:
    file = io.BytesIO()
    axes = {"images": {0: "n", 2: "h", 3: "w"}} if dynamic else None
    torch.onnx.export(network, (torch.zeros(shape),), file, input_names=["images"], opset_version=17,
                      dynamic_axes=axes, dynamo=False)
    return file.getvalue()


def convolution(inputs: int, outputs: int, side: int = 1, stride: int = 1, groups: int = 1) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, side, stride, side // 2, groups=groups, bias=False),
                         nn.BatchNorm2d(outputs), nn.SiLU())


# ---- YOLO ------------------------------------------------------------------------------------------------------------


class C2f(nn.Module):
    """One half goes on through bottlenecks, and everything on the way is concatenated."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.half = outputs // 2
        self.enter, self.leave = convolution(inputs, outputs), convolution(4 * self.half, outputs)
        self.bottlenecks = nn.ModuleList(
            nn.Sequential(convolution(self.half, self.half, 3), convolution(self.half, self.half, 3))
            for _ in range(2))

    def forward(self, x):
        parts = list(self.enter(x).split((self.half, self.half), 1))
        for bottleneck in self.bottlenecks:
            parts.append(parts[-1] + bottleneck(parts[-1]))
        return self.leave(torch.cat(parts, 1))


class Sppf(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.enter, self.leave = convolution(channels, channels // 2), convolution(2 * channels, channels)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        parts = [self.enter(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.leave(torch.cat(parts, 1))


class Yolo(nn.Module):
    """Two levels; boxes are expectations over bins. `best`: that many detections instead of all, end to end."""

    def __init__(self, best: int = 0):
        super().__init__()
        self.best = best
        self.stem = nn.Sequential(convolution(3, 8, 3, 2), convolution(8, 16, 3, 2), C2f(16, 16))
        self.fine = nn.Sequential(convolution(16, 16, 3, 2), C2f(16, 16))
        self.coarse = nn.Sequential(convolution(16, 32, 3, 2), Sppf(32))
        self.up, self.down = nn.Upsample(scale_factor=2), convolution(16, 16, 3, 2)
        self.mix_fine, self.mix_coarse = C2f(48, 16), C2f(48, 32)
        self.boxes = nn.ModuleList(self.branch(inputs, 4 * BINS) for inputs in (16, 32))
        self.classes = nn.ModuleList(self.branch(inputs, CLASSES) for inputs in (16, 32))
        self.bins = nn.Conv2d(BINS, 1, 1, bias=False)

    @staticmethod
    def branch(inputs: int, outputs: int) -> nn.Module:
        return nn.Sequential(convolution(inputs, 16, 3), nn.Conv2d(16, outputs, 1))

    def forward(self, x):
        fine = self.fine(self.stem(x))
        coarse = self.coarse(fine)
        fine = self.mix_fine(torch.cat((self.up(coarse), fine), 1))
        coarse = self.mix_coarse(torch.cat((self.down(fine), coarse), 1))
        levels = [torch.cat((boxes(level), classes(level)), 1)
                  for level, boxes, classes in zip((fine, coarse), self.boxes, self.classes)]
        found = self.decoded(levels)
        return self.selected(found) if self.best else found

    def decoded(self, levels):
        """[N, 4 + classes, anchors]: centres and sides in pixels, and scores."""
        rows = torch.cat([level.flatten(2) for level in levels], 2)
        boxes, classes = rows.split((4 * BINS, CLASSES), 1)
        n, _, anchors = boxes.shape
        shares = boxes.view(n, 4, BINS, anchors).transpose(2, 1).softmax(1)
        sides = self.bins(shares).view(n, 4, anchors)
        centres, strides = self.anchors(levels)
        low, high = sides.chunk(2, 1)
        low, high = centres - low, centres + high
        return torch.cat((torch.cat(((low + high) / 2, high - low), 1) * strides, classes.sigmoid()), 1)

    @staticmethod
    def anchors(levels):
        centres, strides = [], []
        for level, stride in zip(levels, (8, 16)):
            _, _, height, width = level.shape
            y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
            centres.append(torch.stack((x, y)).view(1, 2, -1))
            strides.append(torch.full((1, height * width), float(stride)))
        return torch.cat(centres, 2), torch.cat(strides, 1)

    def selected(self, found):
        """[N, best, 6]: the best anchors, then the best of their classes."""
        boxes, scores = found.transpose(1, 2).split((4, CLASSES), 2)
        index = scores.amax(2).topk(self.best)[1].unsqueeze(2)
        boxes = boxes.gather(1, index.repeat(1, 1, 4))
        scores, index = scores.gather(1, index.repeat(1, 1, CLASSES)).flatten(1).topk(self.best)
        boxes = boxes.gather(1, (index // CLASSES).unsqueeze(2).repeat(1, 1, 4))
        return torch.cat((boxes, scores[..., None], (index % CLASSES)[..., None].float()), 2)


# ---- EfficientDet ----------------------------------------------------------------------------------------------------


class SameConvolution(nn.Conv2d):
    """TensorFlow's padding: what a stride needs, and the odd one behind."""

    def forward(self, x):
        return super().forward(functional.pad(x, self.margins(x, self.kernel_size[0], self.stride[0])))

    @staticmethod
    def margins(x, side: int, stride: int) -> tuple[int, ...]:
        margins = []
        for size in (x.shape[3], x.shape[2]):
            total = max((math.ceil(size / stride) - 1) * stride + side - size, 0)
            margins += [total // 2, total - total // 2]
        return tuple(margins)


class SqueezeAndExcite(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.reduce, self.expand = nn.Conv2d(channels, channels // 4, 1), nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        weights = functional.silu(self.reduce(x.mean((2, 3), keepdim=True)))
        return x * self.expand(weights).sigmoid()


class InvertedBottleneck(nn.Module):
    def __init__(self, inputs: int, outputs: int, side: int, stride: int):
        super().__init__()
        wide = 4 * inputs
        self.adds = inputs == outputs and stride == 1
        self.body = nn.Sequential(
            convolution(inputs, wide),
            SameConvolution(wide, wide, side, stride, groups=wide, bias=False), nn.BatchNorm2d(wide), nn.SiLU(),
            SqueezeAndExcite(wide), nn.Conv2d(wide, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return x + self.body(x) if self.adds else self.body(x)


class WeightedSum(nn.Module):
    """Of several maps, by shares that sum up to one; then a separable convolution."""

    def __init__(self, channels: int, inputs: int):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(inputs))
        self.convolution = nn.Sequential(
            nn.SiLU(), nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1), nn.BatchNorm2d(channels))

    def forward(self, *maps):
        weights = functional.relu(self.weights)
        shares = weights / (weights.sum() + 1e-4)
        return self.convolution((torch.stack(maps, -1) * shares).sum(-1))


class EfficientDet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(SameConvolution(3, 8, 3, 2, bias=False), nn.BatchNorm2d(8), nn.SiLU(),
                                  InvertedBottleneck(8, 12, 3, 2), InvertedBottleneck(12, 12, 3, 1))
        self.fine, self.coarse = InvertedBottleneck(12, 16, 5, 2), InvertedBottleneck(16, 24, 3, 2)
        self.enter = nn.ModuleList(nn.Conv2d(inputs, 16, 1) for inputs in (16, 24))
        self.down, self.up = nn.MaxPool2d(3, 2, 1), nn.Upsample(scale_factor=2)
        self.sums = nn.ModuleList((WeightedSum(16, 2), WeightedSum(16, 2), WeightedSum(16, 3), WeightedSum(16, 2)))
        self.tower = nn.ModuleList(self.separable(16) for _ in range(2))
        self.norms = nn.ModuleList(nn.ModuleList(nn.BatchNorm2d(16) for _ in range(2)) for _ in range(3))
        self.predict = self.separable(3 * CLASSES)

    @staticmethod
    def separable(outputs: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(16, 16, 3, padding=1, groups=16, bias=False), nn.Conv2d(16, outputs, 1))

    def forward(self, x):
        fine = self.fine(self.stem(x))
        coarse = self.coarse(fine)
        fine, coarse = (enter(level) for enter, level in zip(self.enter, (fine, coarse)))
        top = self.down(coarse)
        coarse_in = self.sums[0](coarse, self.up(top))
        fine = self.sums[1](fine, self.up(coarse_in))
        coarse = self.sums[2](coarse, coarse_in, self.down(fine))
        top = self.sums[3](top, self.down(coarse))
        return tuple(self.head(level, norms) for level, norms in zip((fine, coarse, top), self.norms))

    def head(self, x, norms):
        """The same convolutions at every level, statistics of its own."""
        for layer, norm in zip(self.tower, norms):
            x = functional.silu(norm(layer(x)))
        return self.predict(x)


# ---- DETR ------------------------------------------------------------------------------------------------------------

WIDTH, HEADS = 32, 4


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, queries, keys, values):
        parts = (self.by_head(layer(x)) for layer, x in
                 ((self.query, queries), (self.key, keys), (self.value, values)))
        found = functional.scaled_dot_product_attention(*parts)
        return self.out(found.transpose(1, 2).flatten(2))

    @staticmethod
    def by_head(x):
        return x.view(x.shape[0], x.shape[1], HEADS, -1).transpose(1, 2)


class Layer(nn.Module):
    """Of the encoder, or with `crosses` of the decoder."""

    def __init__(self, crosses: bool):
        super().__init__()
        self.attention, self.cross = Attention(), Attention() if crosses else None
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.feed = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH))

    def forward(self, x, places, memory=None, memory_places=None):
        x = self.norms[0](x + self.attention(x + places, x + places, x))
        if self.cross is not None:
            x = self.norms[1](x + self.cross(x + places, memory + memory_places, memory))
        return self.norms[2](x + self.feed(x))


class Detr(nn.Module):
    """Learned places of rows and columns, and learned queries."""

    def __init__(self, queries: int = 12, largest: int = 16):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 16, 7, 4, 3), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
                                      nn.Conv2d(16, WIDTH, 3, padding=1), nn.GroupNorm(4, WIDTH), nn.ReLU())
        self.rows, self.columns = (nn.Parameter(torch.zeros(largest, WIDTH // 2)) for _ in range(2))
        self.queries = nn.Parameter(torch.zeros(queries, WIDTH))
        self.encoder, self.decoder = Layer(crosses=False), nn.ModuleList(Layer(crosses=True) for _ in range(2))
        self.classes = nn.Linear(WIDTH, CLASSES + 1)
        self.boxes = nn.Sequential(nn.Linear(WIDTH, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 4))

    def forward(self, x):
        maps = self.backbone(x)
        n, _, height, width = maps.shape
        places = torch.cat((self.columns[:width].unsqueeze(0).repeat(height, 1, 1),
                            self.rows[:height].unsqueeze(1).repeat(1, width, 1)), 2).flatten(0, 1).unsqueeze(0)
        memory = self.encoder(maps.flatten(2).transpose(1, 2), places)
        queries = self.queries.unsqueeze(0).repeat(n, 1, 1)
        found = torch.zeros_like(queries)
        for layer in self.decoder:
            found = layer(found, queries, memory, places)
        return self.classes(found), self.boxes(found).sigmoid()


NETWORKS = {"YOLO": Yolo, "YOLO end to end": lambda: Yolo(best=20), "EfficientDet": EfficientDet, "DETR": Detr}
