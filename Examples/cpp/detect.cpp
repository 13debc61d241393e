// Boxes in a picture: detect MODEL PICTURE. Prints label, score and box of each, the best first.
#include <cstdio>

#include <iou/iou.hpp>

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: detect MODEL PICTURE\n");
        return 64;
    }
    try {
        iou::model model(argv[1]);
        iou::detector detector(model);
        iou::pixels photo(argv[2]);
        iou_detect_options options = iou::detect_options();
        options.score_threshold = 0.5f;
        for (const iou::detection &found : detector.run(photo.picture(), options)) {
            std::printf("%s %.3f %.1f %.1f %.1f %.1f\n", detector.label(found.label), found.score,
                        found.box[0], found.box[1], found.box[2], found.box[3]);
        }
    } catch (const iou::error &problem) {
        std::fprintf(stderr, "detect: %s\n", problem.what());
        return 1;
    }
}
