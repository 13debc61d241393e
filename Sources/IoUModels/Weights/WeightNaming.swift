/// Whose names the tensors of a file of weights have (docs/detector.md, "Weights of other code
/// bases").
public enum WeightNaming: String, Sendable {
    case mmdetection
    case torchvision
    case detectron2
    case odtk

    /// The names that only one of them has decide; others are taken for MMDetection's, which are
    /// the canonical ones.
    init(_ names: some Sequence<String>) {
        for name in names {
            if name.hasPrefix("backbone.body.") || name.hasPrefix("head.classification_head.") {
                self = .torchvision
                return
            }
            if name.hasPrefix("backbone.bottom_up.") || name.hasPrefix("head.cls_subnet.") {
                self = .detectron2
                return
            }
            if name.hasPrefix("backbones.") {
                self = .odtk
                return
            }
        }
        self = .mmdetection
    }

    /// The convention that its files have; nil for the canonical names, which weights of any
    /// convention may have.
    public var convention: Convention? {
        Convention(rawValue: rawValue == "mmdetection" ? "" : rawValue)
    }

    /// Tensors that its files have and a detector does not use.
    func ignores(_ name: String) -> Bool {
        switch self {
        case .mmdetection, .torchvision: return false
        case .detectron2:
            return name.hasPrefix("anchor_generator.") || name == "pixel_mean"
                || name == "pixel_std"
        case .odtk: return name.contains(".features.fc.")
        }
    }
}

/// A canonical name in its parts, to be said in another naming.
struct CanonicalName {
    private let parts: [Substring]
    /// `weight`, `bias`, `running_mean` …
    private let role: Substring

    init(_ name: String) {
        parts = name.split(separator: ".")
        role = parts.last ?? ""
    }

    /// The names that it may have, the likeliest first; `root` is the part of ODTK's names that
    /// carries the backbone's.
    func names(_ naming: WeightNaming, root: String) -> [String] {
        switch naming {
        case .mmdetection: mmdetection
        case .torchvision: torchvision
        case .detectron2: detectron2.map { [$0] } ?? []
        case .odtk: odtk(root).map { [$0] } ?? []
        }
    }

    private func tail(_ first: Int) -> String { parts.dropFirst(first).joined(separator: ".") }

    /// The number of the module of a list, such as 2 of `neck.fpn_convs.2.conv.weight`.
    private var number: Int { parts.count > 2 ? Int(parts[2]) ?? 0 : 0 }

    /// Only torchvision's towers have one.
    private var isTowerNorm: Bool { parts.dropLast().last == "gn" }

    private var module: String { parts.prefix(2).joined(separator: ".") }

    /// Before ConvModule, convolutions of the head had no `.conv`.
    private var mmdetection: [String] {
        parts.dropLast().last == "conv"
            ? ["\(parts.dropLast(2).joined(separator: ".")).\(role)"] : []
    }
}

extension CanonicalName {
    private var torchvision: [String] {
        if parts.first == "backbone" { return ["backbone.body.\(tail(1))"] }
        switch module {
        case "neck.lateral_convs": return pyramid("inner_blocks")
        case "neck.fpn_convs":
            if number < 3 { return pyramid("layer_blocks") }
            return ["backbone.fpn.extra_blocks.p\(number + 3).\(role)"]
        case "bbox_head.cls_convs": return tower("classification_head")
        case "bbox_head.reg_convs": return tower("regression_head")
        case "bbox_head.retina_cls": return ["head.classification_head.cls_logits.\(role)"]
        case "bbox_head.retina_reg": return ["head.regression_head.bbox_reg.\(role)"]
        default: return []
        }
    }

    private func pyramid(_ list: String) -> [String] {
        ["backbone.fpn.\(list).\(number).0.\(role)", "backbone.fpn.\(list).\(number).\(role)"]
    }

    /// Newer files have a block of modules for each layer, older ones a flat list with the ReLUs.
    private func tower(_ head: String) -> [String] {
        let path = "head.\(head).conv"
        if parts[3] == "gn" { return ["\(path).\(number).1.\(role)"] }
        return ["\(path).\(number).0.\(role)", "\(path).\(number * 2).\(role)"]
    }
}

extension CanonicalName {
    private var detectron2: String? {
        if isTowerNorm { return nil }
        if parts.first == "backbone" {
            return detectron2Backbone.map { "backbone.bottom_up.\($0)" }
        }
        switch module {
        case "neck.lateral_convs": return "backbone.fpn_lateral\(number + 3).\(role)"
        case "neck.fpn_convs":
            if number < 3 { return "backbone.fpn_output\(number + 3).\(role)" }
            return "backbone.top_block.p\(number + 3).\(role)"
        case "bbox_head.cls_convs": return "head.cls_subnet.\(number * 2).\(role)"
        case "bbox_head.reg_convs": return "head.bbox_subnet.\(number * 2).\(role)"
        case "bbox_head.retina_cls": return "head.cls_score.\(role)"
        case "bbox_head.retina_reg": return "head.bbox_pred.\(role)"
        default: return nil
        }
    }

    /// `layer2.0.bn1.bias` is `res3.0.conv1.norm.bias`.
    private var detectron2Backbone: String? {
        guard parts[1].hasPrefix("layer"), let stage = Int(parts[1].dropFirst(5)),
            parts.count > 4
        else {
            return parts.count == 3 ? "stem.\(detectron2Layer(parts[1]))\(role)" : nil
        }
        let block = "res\(stage + 1).\(parts[2])"
        if parts[3] == "downsample" {
            return "\(block).shortcut.\(parts[4] == "0" ? "" : "norm.")\(role)"
        }
        return "\(block).\(detectron2Layer(parts[3]))\(role)"
    }

    private func detectron2Layer(_ layer: Substring) -> String {
        layer.hasPrefix("bn") ? "conv\(layer.dropFirst(2)).norm." : "\(layer)."
    }

    private func odtk(_ root: String) -> String? {
        if isTowerNorm { return nil }
        if parts.first == "backbone" { return "\(root).features.\(tail(1))" }
        switch module {
        case "neck.lateral_convs": return "\(root).lateral\(number + 3).\(role)"
        case "neck.fpn_convs":
            return "\(root).\(number < 3 ? "smooth" : "pyramid")\(number + 3).\(role)"
        case "bbox_head.cls_convs": return "cls_head.\(number * 2).\(role)"
        case "bbox_head.reg_convs": return "box_head.\(number * 2).\(role)"
        case "bbox_head.retina_cls": return "cls_head.8.\(role)"
        case "bbox_head.retina_reg": return "box_head.8.\(role)"
        default: return nil
        }
    }
}
