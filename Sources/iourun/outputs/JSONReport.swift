import IoURuntime

/// The JSON of a detection run.
struct JSONReport: Encodable {
    let model: String
    var images: [ImageEntry] = []

    struct ImageEntry: Encodable {
        let file: String
        let width: Int
        let height: Int
        let detections: [Entry]
    }

    struct Entry: Encodable {
        let detection: Detection

        enum CodingKeys: String, CodingKey {
            case label, score, probability, iou, box
            case classIndex = "class"
        }

        /// The predicted IoU is null, not left out, where the model has none; and the probability
        /// where it has no part in the score of a graph that reports detections.
        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(detection.label, forKey: .label)
            try values.encode(detection.classIndex, forKey: .classIndex)
            try values.encode(detection.score, forKey: .score)
            let probability = detection.probability
            try values.encode(probability.isNaN ? nil : probability, forKey: .probability)
            try values.encode(detection.iou, forKey: .iou)
            let box = detection.box
            try values.encode([box.x1, box.y1, box.x2, box.y2], forKey: .box)
        }
    }

    mutating func append(_ result: PictureResult) {
        images.append(
            ImageEntry(
                file: result.picture.description, width: result.detections.width,
                height: result.detections.height, detections: result.detections.map(Entry.init)))
    }
}
