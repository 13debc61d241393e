internal import CCairo
import IoURuntime

/// A white picture to draw on. Lengths and places are pixels, from the upper left corner.
final class Canvas {
    private let surface: OpaquePointer
    private let cairo: OpaquePointer

    /// - Throws: `outOfMemory`.
    init(width: Int, height: Int) throws(IoUError) {
        surface = cairo_image_surface_create(
            CAIRO_FORMAT_RGB24, Int32(clamping: width), Int32(clamping: height))
        cairo = cairo_create(surface)
        try check()
        setSource(.white)
        cairo_paint(cairo)
    }

    deinit {
        cairo_destroy(cairo)
        cairo_surface_destroy(surface)
    }

    func fill(_ rect: Rect, _ colour: Colour, opacity: Double = 1) {
        cairo_rectangle(cairo, rect.left, rect.top, rect.width, rect.height)
        setSource(colour, opacity: opacity)
        cairo_fill(cairo)
    }

    /// A line through `points`; `dashes` are the lengths of its parts and gaps.
    func line(_ points: [Point], _ colour: Colour, width: Double = 1, dashes: [Double] = []) {
        cairo_new_path(cairo)
        for point in points { cairo_line_to(cairo, point.x, point.y) }
        setSource(colour)
        cairo_set_line_width(cairo, width)
        cairo_set_dash(cairo, dashes, Int32(dashes.count), 0)
        cairo_stroke(cairo)
    }

    /// A disc with a rim of the same colour, through which what lies below shows.
    func disc(_ centre: Point, radius: Double, _ colour: Colour) {
        cairo_new_path(cairo)
        cairo_arc(cairo, centre.x, centre.y, radius, 0, 2 * .pi)
        setSource(colour, opacity: 0.45)
        cairo_fill_preserve(cairo)
        setSource(colour)
        cairo_set_line_width(cairo, 1.2)
        cairo_set_dash(cairo, nil, 0, 0)
        cairo_stroke(cairo)
    }

    /// A disc without a rim.
    func dot(_ centre: Point, radius: Double, _ colour: Colour, opacity: Double = 1) {
        cairo_new_path(cairo)
        cairo_arc(cairo, centre.x, centre.y, radius, 0, 2 * .pi)
        setSource(colour, opacity: opacity)
        cairo_fill(cairo)
    }

    /// One line of text, whose base line's beginning (middle, end) is `anchor`.
    ///
    /// - Parameter angle: Of the base line, in radians, clockwise.
    func text(_ text: String, at anchor: Point, _ style: TextStyle, angle: Double = 0) {
        setFont(style)
        let width = width(of: text, style)
        cairo_save(cairo)
        cairo_translate(cairo, anchor.x, anchor.y)
        cairo_rotate(cairo, angle)
        cairo_move_to(cairo, -width * style.alignment.share, 0)
        setSource(style.colour)
        cairo_show_text(cairo, text)
        cairo_restore(cairo)
    }

    func width(of text: String, _ style: TextStyle) -> Double {
        setFont(style)
        var extents = cairo_text_extents_t()
        cairo_text_extents(cairo, text, &extents)
        return extents.x_advance
    }

    /// What was drawn.
    ///
    /// - Throws: `outOfMemory`; `inputOutput` where there is no font.
    func picture() throws(IoUError) -> Image {
        try check()
        cairo_surface_flush(surface)
        let width = Int(cairo_image_surface_get_width(surface))
        let height = Int(cairo_image_surface_get_height(surface))
        let stride = Int(cairo_image_surface_get_stride(surface))
        let start = UnsafeRawPointer(cairo_image_surface_get_data(surface))
        var rgb: [UInt8] = []
        rgb.reserveCapacity(width * height * 3)
        for offset in (0..<height).flatMap({ row in (0..<width).map { row * stride + $0 * 4 } }) {
            let pixel = start.map { $0.load(fromByteOffset: offset, as: UInt32.self) } ?? 0
            rgb += [UInt8(pixel >> 16 & 255), UInt8(pixel >> 8 & 255), UInt8(pixel & 255)]
        }
        return try Image(width: width, height: height, pixels: rgb)
    }

    private func check() throws(IoUError) {
        let status = cairo_status(cairo)
        guard status == CAIRO_STATUS_SUCCESS else {
            throw IoUError(
                status == CAIRO_STATUS_NO_MEMORY ? .outOfMemory : .inputOutput,
                "plot: \(String(cString: cairo_status_to_string(status)))")
        }
    }

    private func setSource(_ colour: Colour, opacity: Double = 1) {
        cairo_set_source_rgba(cairo, colour.red, colour.green, colour.blue, opacity)
    }

    private func setFont(_ style: TextStyle) {
        cairo_select_font_face(
            cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
            style.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
        cairo_set_font_size(cairo, style.size)
    }
}

/// How text looks.
struct TextStyle {
    enum Alignment { case left, centre, right }

    let size: Double
    var colour = Colour.ink
    var alignment = Alignment.left
    var isBold = false

    func aligned(_ alignment: Alignment) -> TextStyle {
        var style = self
        style.alignment = alignment
        return style
    }
}

extension TextStyle.Alignment {
    /// The share of the text's width that is left of its anchor.
    fileprivate var share: Double {
        switch self {
        case .left: 0
        case .centre: 0.5
        case .right: 1
        }
    }
}
