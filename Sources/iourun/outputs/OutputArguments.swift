import ArgumentParser
import IoURuntime

/// The formats of a detection run; another one is a file in this folder and a line here.
///
/// Those that write a file for each picture come last: what fails before leaves none behind.
struct OutputArguments: ParsableArguments {
    @OptionGroup var json: JSONOutput
    @OptionGroup var jsonLines: JSONLinesOutput
    @OptionGroup var coco: CocoOutput
    @OptionGroup var csv: CSVOutput
    @OptionGroup var yolo: YOLOOutput
    @OptionGroup var voc: VOCOutput
    @OptionGroup var labelme: LabelmeOutput
    @OptionGroup var crop: CropOutput
    @OptionGroup var drawn: DrawnOutput

    /// Found as the parser finds their options, so that none is parsed and then forgotten.
    private var formats: [any DetectionFormat] {
        Mirror(reflecting: self).children.compactMap { ($0.value as? any FormatGroup)?.format }
    }

    func validate() throws {
        let targets = formats.compactMap(\.target)
        for (number, target) in targets.enumerated() {
            guard let other = targets[..<number].first(where: { $0.place == target.place }) else {
                continue
            }
            let options = "\(other.option) and \(target.option)"
            guard let file = target.place.file else {
                throw ValidationError("\(options): only one can go to standard output")
            }
            guard file.status?.kind == .other else {
                throw ValidationError("\(options): expected two files, found one")
            }
        }
    }

    /// Files that the formats read for these pictures.
    func inputs(for pictures: [FilePath]) -> [FilePath] {
        formats.flatMap { $0.inputs(for: pictures) }
    }

    /// The option of a format that was asked for and has no place for the frames of a video.
    var pictureOption: String? { formats.lazy.compactMap(\.pictureOption).first }

    /// Those that were asked for; the tables give way to a report on standard output.
    func sinks(for task: DetectionTask) throws(IoUError) -> [any DetectionSink] {
        var sinks: [any DetectionSink] = []
        for format in formats {
            if let sink = try format.sink(for: task) { sinks.append(sink) }
        }
        let isTaken = formats.contains { $0.target?.place == .standardOutput }
        return isTaken ? sinks : sinks + [TableSink()]
    }
}

private protocol FormatGroup {
    var format: any DetectionFormat { get }
}

extension OptionGroup: FormatGroup where Value: DetectionFormat {
    fileprivate var format: any DetectionFormat { wrappedValue }
}
