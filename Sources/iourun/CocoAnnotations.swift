import FoundationEssentials
import IoURuntime

/// The numbers that an annotations file in COCO's format gives to pictures and categories.
struct CocoAnnotations {
    let path: FilePath
    private let images: [String: Int]
    private let categories: [String: Int]

    private struct File: Decodable {
        let images: [Image]
        let categories: [Category]

        struct Image: Decodable {
            let id: Int
            let file_name: String
        }

        struct Category: Decodable {
            let id: Int
            let name: String
        }
    }

    init(_ path: FilePath) throws(IoUError) {
        let bytes = try path.read(limit: 1 << 31)
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(bytes))
        } catch {
            throw IoUError(
                .badData,
                "'\(path)': wanted annotations in COCO's format with images and categories, found "
                    + CocoAnnotations.reason(error))
        }
        self.path = path
        images = Dictionary(
            file.images.map { (FilePath($0.file_name).lastComponent.description, $0.id) },
            uniquingKeysWith: { first, _ in first })
        categories = Dictionary(
            file.categories.map { ($0.name, $0.id) }, uniquingKeysWith: { first, _ in first })
    }

    func imageID(of picture: FilePath) throws(IoUError) -> Int {
        guard let id = images[picture.lastComponent.description] else {
            throw IoUError(
                .badData, "picture '\(picture)': wanted a file_name of '\(path)', found none")
        }
        return id
    }

    func categoryID(of label: String) throws(IoUError) -> Int {
        guard let id = categories[label] else {
            throw IoUError(.badData, "label '\(label)': wanted a category of '\(path)', found none")
        }
        return id
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context),
            DecodingError.valueNotFound(_, let context):
            "another value at '\(context.codingPath.map(\.stringValue).joined(separator: "."))'"
        default: "no valid JSON"
        }
    }
}
