import FoundationEssentials
import IoUConsole
import IoUEval
import IoURuntime

extension ReportPage {
    func pictureSection() throws(IoUError) -> Section {
        Section(id: "pictures", short: "pictures", title: "Worst pictures", body: try pictureBody())
    }

    private func pictureBody() throws(IoUError) -> HTML {
        guard let files else {
            return "<p class=\"none\">Needs the pictures: give their folder by --images.</p>"
        }
        guard !study.worst.isEmpty else {
            return "<p class=\"none\">No picture has an error, or none was wanted.</p>"
        }
        var figures: [HTML] = []
        for worst in study.worst { figures.append(try figure(of: worst, files[worst.picture])) }
        let legend = Legend(entries: [
            ("box right", "found"), ("box wrong", "false"), ("box off", "misplaced"),
            ("box gone", "object not found"),
        ])
        return """
            <p>Those with the most errors among detections with a score of at least \
            \(study.confusion.threshold.shortest(6)). Each box tells the pointer what it is.</p>
            \(legend.html)
            <div class="pictures">\(figures)</div>
            """
    }

    private func figure(of worst: WorstPicture, _ file: FilePath) throws(IoUError) -> HTML {
        let image = try Image(path: file)
        let thumbnail = try image.reduced(to: Self.longestSide).encodedPNG()
        let data = Data(thumbnail).base64EncodedString()
        let name = study.truth.pictures[worst.picture].fileName ?? file.lastComponent.description
        let letters = Double(image.width) / 36
        let right = worst.right.map { found in
            box(
                found.box, "right",
                "\(study.shortName(found.category)) \(found.score.fixed(2)): found", nil, letters)
        }
        let lost = worst.lost.map { object in
            let name = study.name(object.category)
            return box(object.box, "gone", "\(name): not found", name, letters)
        }
        let wrong = worst.errors.compactMap { error in wrongBox(error, worst, letters) }
        let counts: HTML = """
            \(worst.count(.classification, .both, .duplicate, .background)) false, \
            \(worst.count(.localization)) misplaced, \(worst.count(.missed)) missed, \(worst.right.count) found
            """
        return """
            <figure><svg viewBox="0 0 \(image.width) \(image.height)" role="img" \
            aria-label="\(name): \(counts)"><image width="\(image.width)" height="\(image.height)" \
            href="data:image/png;base64,\(data)"/>\(right)\(lost)\(wrong)</svg>\
            <figcaption>\(HTML.name(name)): \(counts)</figcaption></figure>

            """
    }

    /// Pixels of the longer side of a picture on the page.
    private static let longestSide = 480

    private func wrongBox(_ error: DetectionError, _ worst: WorstPicture, _ letters: Double)
        -> HTML?
    {
        guard let found = error.detection.map({ worst.found[$0] }) else { return nil }
        let name = "\(study.shortName(found.category)) \(found.score.fixed(2))"
        let style = error.kind == .localization ? "off" : "wrong"
        return box(
            found.box, style, "\(name): \(error.kind.words.name), \(error.kind.words.meaning)",
            name,
            letters)
    }

    private func box(
        _ box: BoundingBox, _ style: String, _ title: String, _ label: String?, _ letters: Double
    ) -> HTML {
        let text = label.map { label -> HTML in
            // At the right edge of the picture, to the left, so that it is not cut off.
            let isLast = box.x > letters * 28
            let x = isLast ? box.x + box.width - letters * 0.2 : box.x + letters * 0.2
            let y = style == "gone" ? box.y + box.height - letters * 0.3 : box.y + letters
            let anchor = isLast ? "end" : "start"
            return """
                <text x="\(x)" y="\(y)" text-anchor="\(anchor)">\(label.shortened(to: 24).oneLine)</text>
                """
        }
        return """
            <g class="box \(style)" font-size="\(letters)"><title>\(title.shortened(to: 300).oneLine)</title><rect x="\(box.x)" y="\(box.y)" \
            width="\(box.width)" height="\(box.height)"/>\(text ?? "")</g>
            """
    }
}
