import IoUConsole
import IoUEval
import IoURuntime

/// The page of `iourun eval --report`: everything is in it, and nothing is fetched.
struct ReportPage {
    let title: String
    /// What was measured on what, in words.
    let facts: [(name: String, value: String)]
    let precision: PrecisionReport
    let study: ReportStudy
    /// For several α of a model; empty otherwise.
    let alphas: [AlphaRow]
    let ownAlpha: Double?
    /// Of a model.
    let confidence: ConfidenceStudy?
    /// Of a model.
    let storage: ThresholdStorage?
    /// Of the ground truth's pictures; `nil` where they are not known.
    let files: [FilePath]?

    /// One part of the page.
    struct Section {
        let id: String
        /// In the list of sections.
        let short: String
        let title: String
        let body: HTML
    }

    /// - Throws: Where a picture cannot be read.
    func html() throws(IoUError) -> HTML {
        let sections = [
            precisionSection, curveSection, thresholdSection, errorSection, confusionSection,
            alphaSection, confidenceSection, calibrationSection, try pictureSection(),
        ]
        let links = sections.map { "<li><a href=\"#\($0.id)\">\($0.short)</a></li>" as HTML }
        let parts = sections.map { section -> HTML in
            """
            <section id="\(section.id)" aria-labelledby="\(section.id)-title">\
            <h2 id="\(section.id)-title">\(section.title)</h2>
            \(section.body)
            </section>

            """
        }
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
            style-src 'unsafe-inline'; img-src data:">
            <title>\(title)</title>
            <style>\(ReportPage.style)</style>
            </head>
            <body>
            <header><h1>\(HTML.name(title))</h1>
            <dl class="facts">\(facts.map(fact))</dl>
            \(cards)</header>
            <nav aria-label="Sections"><ul>\(links)</ul></nav>
            <main>
            \(parts)</main>
            <footer>Made by iourun eval \(iouVersion). The numbers are in report.json beside this page.</footer>
            </body>
            </html>

            """
    }

    private func fact(_ fact: (name: String, value: String)) -> HTML {
        "<div><dt>\(fact.name)</dt><dd>\(HTML.name(fact.value))</dd></div>"
    }

    private var cards: HTML {
        let entries: [(String, Double?)] = [
            ("AP", precision.all.coco["AP"]), ("AP50", precision.all.coco["AP50"]),
            ("AP75", precision.all.coco["AP75"]), ("AR100", precision.all.coco["AR100"]),
            ("best mean F1", study.best?.f1),
        ]
        let cards = entries.map { name, value -> HTML in
            "<li><span>\(name)</span><b>\(measured: value)</b></li>"
        }
        return "<ul class=\"cards\">\(cards)</ul>"
    }

    /// The style of a class's line, and whether each class has a colour of its own.
    func colour(_ category: Int) -> String { hasColours ? "c\(category)" : "one" }

    /// More lines than seven cannot be told apart by colour.
    var hasColours: Bool { study.truth.categories.count <= 7 }

    /// The legend of a figure with a line for each class and one for all.
    func classLegend(_ all: HTML) -> HTML {
        let classes =
            hasColours
            ? study.truth.categories.indices.filter { study.precision.classes[$0] != nil }
                .map { (colour($0), HTML.name(study.name($0))) }
            : [("one", "each of \(study.truth.categories.count) classes" as HTML)]
        return Legend(entries: [("all", all)] + classes).html
    }

    /// A table that scrolls in its own box, for the keyboard too.
    static func scrolling(_ label: String, _ table: HTML) -> HTML {
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"\(label)\">\(table)</div>"
    }
}
