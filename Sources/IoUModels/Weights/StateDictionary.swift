import IoUGraph

/// The named tensors of an unpickled checkpoint.
struct StateDictionary {
    let tensors: [String: PickleTensor]

    /// The weights are the object itself, or under `state_dict` or `model`. Throws `.malformed`
    /// where they hold anything but tensors.
    init(_ object: PickleValue, _ objects: PickleObjects) throws(GraphError) {
        guard case .map(var index) = object else {
            throw GraphError(.malformed, "it holds no dictionary")
        }
        for name in ["state_dict", "model"] {
            let found = objects.maps[index].last { $0.key == .text(name) }
            if case .map(let inner) = found?.value {
                index = inner
                break
            }
        }
        var tensors: [String: PickleTensor] = [:]
        for (key, value) in objects.maps[index] {
            guard case .text(let name) = key, case .tensor(let tensor) = value else {
                throw GraphError(.malformed, "its weights hold something that is no tensor: \(key)")
            }
            tensors[name] = objects.tensors[tensor]
        }
        self.tensors = tensors
    }
}
