/// The kinds of error of TIDE (Bolya et al., 2020, arXiv 2008.08115).
package enum ErrorKind: String, CaseIterable, Sendable {
    /// On an object of another category.
    case classification = "Cls"
    /// On an object of its category, with an IoU from 0.1 to 0.5.
    case localization = "Loc"
    /// None of the others: off an object of another category.
    case both = "Both"
    /// On an object of its category that a surer detection has found.
    case duplicate = "Dupe"
    /// Where no object is: IoU up to 0.1.
    case background = "Bkg"
    /// An object without a detection that one of the first two kinds would give it.
    case missed = "Miss"
}

/// One error: a detection that is wrong, or an object that is missed.
package struct DetectionError: Hashable, Sendable {
    package let kind: ErrorKind
    package let picture: Int

    /// Of the list; `nil` for a missed object.
    package let detection: Int?

    /// The object that is missed, or that the detection belongs to; `nil` where there is none.
    package let object: Int?

    /// Whether the detection is in an ignored region, and counts only where its error is mended.
    package let isIgnored: Bool

    /// Whether mending it gives ``object`` its detection; else the detection goes away.
    let isMendable: Bool
}
