/// A convention's answers to the questions of `docs/metadata.md`, in its words.
struct ConventionRules {
    // Boxes.
    var boxes = "edges"
    /// Nil: the level's constant.
    var stride: String?
    var isHalfPixel = false
    /// Nil: dw and dh are not limited.
    var clampSides: String? = "both"
    var clip = "image"
    var clipLimit = "size"
    var clipWhen = "before-nms"
    var scale = "sizes"

    // Selection.
    var topkUnit = "pairs"
    var topkWhen = "after-threshold"
    var scoreCompare = ">"
    var nmsSpace = "picture"

    // Pictures.
    var range = "255"
    /// In the order red, green, blue.
    var mean: [Float] = [123.675, 116.28, 103.53]
    var std: [Float] = [58.395, 57.12, 57.375]
    var order = "resize-normalise"
    var resize = "short-long"
    var rounding = "half-up"
    var antialias = "no"
    var precision = "float"
    var padMultiple = 32

    static let unitMean: [Float] = [0.485, 0.456, 0.406]
    static let unitStd: [Float] = [0.229, 0.224, 0.225]
}

extension ConventionRules {
    init(_ convention: Convention) {
        switch convention {
        case .legacy: self = .legacy
        case .edges: self = .edges
        case .torchvision: self = .torchvision
        case .detectron2: self = .detectron2
        case .odtk: self = .odtk
        case .mmdetection: self = .mmdetection
        }
    }

    private static var edges: ConventionRules {
        var rules = ConventionRules()
        rules.scale = "factor"
        rules.topkUnit = "anchors"
        rules.topkWhen = "before-threshold"
        return rules
    }

    private static var legacy: ConventionRules {
        var rules = edges
        rules.boxes = "inclusive"
        rules.isHalfPixel = true
        rules.clipLimit = "last-pixel"
        rules.precision = "8-bit"
        return rules
    }

    /// Pictures are resized as 8-bit values.
    private static var mmdetection: ConventionRules {
        var rules = ConventionRules()
        rules.precision = "8-bit"
        return rules
    }

    private static var torchvision: ConventionRules {
        var rules = ConventionRules()
        rules.stride = "padded/map"
        rules.clampSides = "upper"
        rules.nmsSpace = "network"
        (rules.range, rules.mean, rules.std) = ("1", unitMean, unitStd)
        rules.order = "normalise-resize"
        rules.rounding = "floor"
        return rules
    }

    /// Pillow resizes 8-bit values with a wider filter where it reduces.
    private static var detectron2: ConventionRules {
        var rules = ConventionRules()
        rules.clampSides = "upper"
        rules.clipWhen = "after-nms"
        rules.nmsSpace = "network"
        rules.std = [1, 1, 1]
        rules.resize = "short-then-long"
        (rules.antialias, rules.precision) = ("yes", "8-bit")
        return rules
    }

    private static var odtk: ConventionRules {
        var rules = ConventionRules()
        rules.boxes = "inclusive"
        rules.isHalfPixel = true
        rules.stride = "padded/map"
        rules.clampSides = nil
        (rules.clip, rules.clipLimit) = ("grid", "last-pixel")
        rules.scale = "factor"
        rules.scoreCompare = ">="
        rules.nmsSpace = "network"
        (rules.range, rules.mean, rules.std) = ("1", unitMean, unitStd)
        rules.rounding = "floor"
        (rules.antialias, rules.precision) = ("yes", "8-bit")
        rules.padMultiple = 128
        return rules
    }
}
