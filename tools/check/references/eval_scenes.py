"""Ground truth and results lists, random and adversarial, in COCO's format."""

from __future__ import annotations

import random

WIDTH, HEIGHT = 640, 480
Scene = tuple[dict, list[dict]]


class SceneBuilder:
    """Adds pictures, objects and detections; numbers have holes and are not in order."""

    def __init__(self, seed: int, pictures: int, categories: int) -> None:
        self.random = random.Random(seed)
        self.images = [{"id": 7 * i + 3, "file_name": f"{i:04}.png", "width": WIDTH, "height": HEIGHT}
                       for i in range(pictures)]
        self.categories = [{"id": 2 * k + 5, "name": f"class {k:02}"} for k in range(categories)]
        self.annotations: list[dict] = []
        self.results: list[dict] = []
        self.random.shuffle(self.images)
        self.random.shuffle(self.categories)

    def add_object(self, image: int, category: int, box: list[float], area: float | None = None, crowd: bool = False,
                   ignore: bool = False) -> None:
        self.annotations.append({
            "id": len(self.annotations) + 1, "image_id": image, "category_id": category, "bbox": box,
            "area": box[2] * box[3] if area is None else area, "iscrowd": int(crowd), "ignore": int(ignore),
            # pycocotools writes over "ignore".
            "difficult": int(ignore)})

    def add_result(self, image: int, category: int, box: list[float], score: float) -> None:
        self.results.append({"image_id": image, "category_id": category, "bbox": box, "score": score})

    def box(self, whole: bool = False) -> list[float]:
        x, y = self.random.uniform(0, 500), self.random.uniform(0, 380)
        size = [min(self.random.lognormvariate(3.8, 0.8), side) for side in (WIDTH - x - 1, HEIGHT - y - 1)]
        box = [x, y, *size]
        return [float(round(side)) for side in box] if whole else [round(side, 2) for side in box]

    def near(self, box: list[float], spread: float) -> list[float]:
        return [max(0.0, side + self.random.choice([0, self.random.gauss(0, spread)])) for side in box]

    def scene(self) -> Scene:
        self.random.shuffle(self.annotations)
        self.random.shuffle(self.results)
        truth = {"images": self.images, "categories": self.categories, "annotations": self.annotations}
        return truth, self.results


def random_scene(seed: int, whole: bool = False) -> Scene:
    """Pictures without objects, without detections and with hundreds; a class without objects; ties."""
    choose = random.Random(seed)
    builder = SceneBuilder(seed, *choose.choice([(1, 1), (4, 3), (25, 6), (60, 2)]))
    numbers = [category["id"] for category in builder.categories]
    crowds, ties = choose.choice([0, 0.2]), choose.choice([None, 1, 2])
    for image in (image["id"] for image in builder.images):
        if choose.random() < 0.15:
            continue
        boxes = []
        for _ in range(choose.randint(0, 14)):
            boxes.append((choose.choice(numbers[:max(1, len(numbers) - 1)]), builder.box(whole)))
            builder.add_object(image, *boxes[-1], area=None if whole else boxes[-1][1][2] * choose.choice([1, 7, 80]),
                             crowd=choose.random() < crowds, ignore=choose.random() < 0.1)
        for _ in range(choose.choice([0, 3, 30, 250])):
            score = choose.random() if ties is None else round(choose.random(), ties)
            if boxes and choose.random() < 0.7:
                category, box = choose.choice(boxes)
                builder.add_result(image, category, builder.near(box, choose.choice([2, 12])), score)
            else:
                builder.add_result(image, choose.choice(numbers), builder.box(), score)
    return builder.scene()


def equal_scores() -> Scene:
    """Only the order of pictures and of the list decides."""
    builder = SceneBuilder(11, 12, 2)
    for image in (image["id"] for image in builder.images):
        for category in (5, 7):
            box = builder.box()
            builder.add_object(image, category, box)
            for _ in range(4):
                builder.add_result(image, category, builder.near(box, 15), 0.5)
    return builder.scene()


def hundreds_of_detections() -> Scene:
    """The 101st of a picture does not count, though it alone is right."""
    builder = SceneBuilder(12, 2, 1)
    for image in (image["id"] for image in builder.images):
        box = builder.box()
        builder.add_object(image, 5, box)
        for i in range(150):
            builder.add_result(image, 5, box if i in (9, 10, 100) else [0.0, 470.0, 3.0, 3.0], 1 - i / 1000)
    truth, results = builder.scene()
    return truth, sorted(results, key=lambda result: -result["score"])


def crowds() -> Scene:
    """Crowds over objects, in crowds, and detections that lie in both."""
    builder = SceneBuilder(13, 6, 1)
    for image in (image["id"] for image in builder.images):
        builder.add_object(image, 5, [50.0, 50.0, 300.0, 300.0], crowd=True)
        builder.add_object(image, 5, [100.0, 100.0, 250.0, 250.0], crowd=True)
        for x in (60, 120, 180):
            builder.add_object(image, 5, [float(x), float(x), 50.0, 50.0])
            for _ in range(5):
                builder.add_result(image, 5, builder.near([float(x), float(x), 50.0, 50.0], 8), builder.random.random())
        for _ in range(5):
            builder.add_result(image, 5, [200.0, 200.0, 400.0, 250.0], builder.random.random())
    return builder.scene()


def boxes_without_area() -> Scene:
    builder = SceneBuilder(14, 3, 2)
    for image in (image["id"] for image in builder.images):
        for box in ([10.0, 10.0, 0.0, 20.0], [10.0, 10.0, 0.0, 0.0], [30.0, 30.0, 20.0, 20.0]):
            builder.add_object(image, 5, box)
            builder.add_result(image, 5, box, builder.random.random())
    return builder.scene()


def bounds_of_sizes() -> Scene:
    """Areas of exactly 32² and 96² belong to two sizes; detections of them, beside them."""
    builder = SceneBuilder(15, 4, 1)
    for image in (image["id"] for image in builder.images):
        for i, side in enumerate((32.0, 96.0, 31.99, 96.01)):
            box = [150.0 * i, 100.0, side, side]
            builder.add_object(image, 5, box)
            builder.add_result(image, 5, box, builder.random.random())
            builder.add_result(image, 5, [150.0 * i, 300.0, side, side], builder.random.random())
    return builder.scene()


def overlaps_at_thresholds() -> Scene:
    """IoUs that are COCO's thresholds, as near as binary numbers come."""
    builder = SceneBuilder(16, 20, 1)
    for i, image in enumerate(image["id"] for image in builder.images):
        threshold = 0.5 + 0.05 * (i % 10)
        builder.add_object(image, 5, [10.0, 10.0, 100.0, 100.0])
        builder.add_result(image, 5, [10.0, 10.0, 100.0, 100.0 * threshold], builder.random.random())
    return builder.scene()


def overlaps_of_equal_size() -> Scene:
    """Several objects in one place: the last one of equal overlaps is taken."""
    builder = SceneBuilder(17, 3, 1)
    for image in (image["id"] for image in builder.images):
        for i in range(4):
            builder.add_object(image, 5, [10.0, 10.0, 40.0, 40.0], area=[500, 5000, 50, 20000][i], crowd=i == 2)
        for i in range(6):
            builder.add_result(image, 5, [10.0, 10.0, 40.0, 38.0], 0.1 * i)
    return builder.scene()


def number_zero() -> Scene:
    """pycocotools never sees that the annotation with the number 0 was found."""
    truth, results = random_scene(18)
    for annotation in truth["annotations"]:
        annotation["id"] -= 1
    return truth, results


def nothing_to_find() -> Scene:
    builder = SceneBuilder(19, 3, 2)
    for image in (image["id"] for image in builder.images):
        builder.add_result(image, 5, builder.box(), 0.5)
    return builder.scene()


def only_crowds() -> Scene:
    builder = SceneBuilder(20, 2, 1)
    for image in (image["id"] for image in builder.images):
        builder.add_object(image, 5, [10.0, 10.0, 100.0, 100.0], crowd=True)
        builder.add_result(image, 5, [20.0, 20.0, 10.0, 10.0], 0.5)
    return builder.scene()


def huge_numbers() -> Scene:
    """Numbers next to each other for which a Double has no room, and negative ones."""
    truth, results = random_scene(21)
    for entry in (*truth["images"], *truth["annotations"]):
        entry["id"] += 1 << 60
    for entry in (*truth["annotations"], *results):
        entry["image_id"] += 1 << 60
        entry["category_id"] *= -1
    for category in truth["categories"]:
        category["id"] *= -1
    return truth, results


def numbers_as_text() -> Scene:
    """Texts that sort otherwise than their numbers, and ties that tell."""
    truth, results = equal_scores()
    for entry in (*truth["images"], *truth["categories"]):
        entry["id"] = f"{entry['id']}" if entry["id"] % 2 else f"{entry['id']}.jpg"
    names = {image["file_name"]: image["id"] for image in truth["images"]}
    for entry in (*truth["annotations"], *results):
        number = entry["image_id"]
        entry["image_id"] = names[f"{(number - 3) // 7:04}.png"]
        entry["category_id"] = f"{entry['category_id']}"
    return truth, results


def strangers() -> Scene:
    """Results of a category that the annotations lack; a root category that nothing has."""
    truth, results = random_scene(24)
    truth["categories"].insert(0, {"id": 0, "name": "root", "supercategory": "none"})
    known = results[0]["category_id"]
    results[::3] = [{**result, "category_id": 99} for result in results[::3]]
    assert any(result["category_id"] == known for result in results)
    return truth, results


def areas_of_masks() -> Scene:
    """Areas that have nothing to do with the boxes; the greatest are in no range."""
    builder = SceneBuilder(22, 6, 2)
    for image in (image["id"] for image in builder.images):
        for area in (0, 1e-300, 0.5, 1024, 1024.5, 9216, 1e10, 1.0000001e10, 1e300):
            box = builder.box()
            builder.add_object(image, 5, box, area=area)
            builder.add_result(image, 5, builder.near(box, 3), builder.random.random())
            builder.add_result(image, 7, box, builder.random.random())
    return builder.scene()


def boxes_far_away() -> Scene:
    """Detections that leave their picture by far, and scores of any size and sign."""
    builder = SceneBuilder(23, 4, 1)
    scores = [-1e300, -1, -0.0, 0, 5e-324, 1, 1e300]
    for image in (image["id"] for image in builder.images):
        builder.add_object(image, 5, [10.0, 10.0, 100.0, 100.0])
        for box in ([-1e6, -1e6, 2e6, 2e6], [0, 0, 1e150, 1e150], [1e150, 0, 1, 1], [-90, 10, 200, 100],
                    [10, 10, 100, 5e-324], [10, 10, 100, 100]):
            builder.add_result(image, 5, box, builder.random.choice(scores))
    return builder.scene()


def empty_lists() -> Scene:
    return {"images": [], "categories": [], "annotations": []}, []


ADVERSARIAL = [equal_scores, hundreds_of_detections, crowds, boxes_without_area, bounds_of_sizes,
               overlaps_at_thresholds, overlaps_of_equal_size, number_zero, nothing_to_find, only_crowds, huge_numbers,
               numbers_as_text, strangers, areas_of_masks, boxes_far_away, empty_lists]
