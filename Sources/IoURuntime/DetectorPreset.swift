internal import CIoU
internal import CIoU.Presets
internal import Glibc

/// How a well-known family of detectors is meant: detector metadata but for what a file says.
package struct DetectorPreset: Sendable {
    package let name: String

    /// One line: whose models they are, and what their outputs look like.
    package let about: String

    package static var all: [DetectorPreset] {
        var found: [DetectorPreset] = []
        while let preset = iou_preset_at(found.count) {
            found.append(
                DetectorPreset(
                    name: String(cString: iou_preset_name(preset)),
                    about: String(cString: iou_preset_about(preset))))
        }
        return found
    }

    /// What a file does not say.
    package struct Facts {
        /// The names of the classes; empty: what the file's key `names` says.
        package var labels: [String] = []
        /// The labels' category numbers; empty: none.
        package var ids: [Int] = []
        /// Height and width of the input where the file leaves them open.
        package var sides: (height: Int, width: Int)?

        package init() {}
    }

    /// The keys for a model, each once.
    ///
    /// - Throws: ``IoUError/Code/badMetadata`` with what neither the file nor `facts` say.
    package func keys(
        for model: Model, _ facts: Facts
    ) throws(IoUError) -> [(key: String, value: String)] {
        let names = facts.labels.map { UnsafePointer<CChar>(strdup($0)) }
        defer { names.forEach { free(UnsafeMutableRawPointer(mutating: $0)) } }
        var list: OpaquePointer?
        defer { iou_key_list_close(&list) }
        try names.withUnsafeBufferPointer { names throws(IoUError) in
            try facts.ids.map(Int64.init).withUnsafeBufferPointer { ids throws(IoUError) in
                var given = iou_preset_facts()
                given.labels = names.isEmpty ? nil : names.baseAddress
                given.ids = ids.isEmpty ? nil : ids.baseAddress
                given.label_count = names.count
                given.sides = (Int64(facts.sides?.height ?? 0), Int64(facts.sides?.width ?? 0))
                try IoUError.check { error in
                    iou_preset_keys(&list, model.handle.pointer, name, &given, error)
                }
            }
        }
        return DetectorPreset.pairs(of: list)
    }

    /// What the keys that ultralytics writes say, as the library reads them.
    package static func ultralyticsKeys(
        of model: Model
    ) throws(IoUError) -> [(key: String, value: String)] {
        var list: OpaquePointer?
        defer { iou_key_list_close(&list) }
        try IoUError.check { iou_ultralytics_keys(&list, model.handle.pointer, $0) }
        return pairs(of: list)
    }

    private static func pairs(of list: OpaquePointer?) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        while let key = iou_key_list_key(list, pairs.count),
            let value = iou_key_list_value(list, pairs.count)
        {
            pairs.append((String(cString: key), String(cString: value)))
        }
        return pairs
    }
}
