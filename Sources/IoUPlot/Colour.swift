/// An opaque colour; its parts are 0 to 1.
struct Colour: Hashable {
    let red, green, blue: Double

    /// - Parameter rgb: 0xRRGGBB.
    init(_ rgb: UInt32) {
        red = Double(rgb >> 16 & 255) / 255
        green = Double(rgb >> 8 & 255) / 255
        blue = Double(rgb & 255) / 255
    }

    static let white = Colour(0xFFFFFF)
    static let ink = Colour(0x1F2937)
    static let faded = Colour(0x6B7280)
    static let grid = Colour(0xE5E7EB)
    static let fineGrid = Colour(0xF3F4F6)

    /// Colours that people with any colour vision distinguish, the first ones best.
    static let palette = [
        0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xB58900, 0x56B4E9, 0x6A3D9A, 0x8C564B, 0x5F6B00,
        0xB2182B,
    ].map { Colour($0) }
}
