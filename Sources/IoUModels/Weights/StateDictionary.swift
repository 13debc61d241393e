import IoUGraph

/// The named tensors of an unpickled file of weights.
struct StateDictionary {
    let tensors: [String: PickleTensor]

    /// The weights are the object itself, or under one of these names: most programs', Detectron2's
    /// and torchvision's, that of PyTorch's tutorial, Caffe2's.
    private static let places = ["state_dict", "model", "model_state_dict", "blobs"]

    /// Throws `.malformed` where the weights hold anything but tensors.
    init(_ object: PickleValue, _ objects: PickleObjects) throws(GraphError) {
        guard case .map(var index) = object else {
            throw GraphError(
                .malformed,
                "expected a dictionary of tensors, as a module's state_dict() gives, found none")
        }
        for place in Self.places {
            let found = objects.maps[index].last { objects.text($0.key) == place }
            if case .map(let inner) = found?.value {
                index = inner
                break
            }
        }
        var tensors: [String: PickleTensor] = [:]
        for (key, value) in objects.maps[index] {
            guard let name = objects.text(key) else {
                throw GraphError(.malformed, "its weights have a key that is no text")
            }
            // Caffe2 keeps the optimizer's state beside the weights.
            if name.hasSuffix("_momentum") { continue }
            guard let tensor = objects.tensor(of: value) else {
                throw GraphError(.malformed, "its weights hold '\(name)', which is no tensor")
            }
            tensors[name] = tensor
        }
        self.tensors = tensors
    }
}
