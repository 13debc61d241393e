import IoURuntime

/// How a threshold that was measured gets into the model.
struct ThresholdStorage {
    /// The model's file.
    let model: String
    let way: Way

    /// What else was chosen for the measurement and is not what the model says: the threshold is
    /// right together with it only.
    let options: [(name: String, value: Double)]

    enum Way {
        case command
        /// Without keys of its own, it takes a value together with a preset or a file of metadata.
        case withMetadata
        /// The graph has the value as a constant.
        case export
    }

    init(in name: FilePath, _ model: Model, options: [(name: String, value: Double)]) {
        self.model = name.description
        self.options = options
        if model.metadata("iou.outputs.kind") == "detections" {
            way = .export
        } else if model.metadata("iou.version") == nil
            || model.metadata("iou.score.threshold") == nil
        {
            way = .withMetadata
        } else {
            way = .command
        }
    }
}
