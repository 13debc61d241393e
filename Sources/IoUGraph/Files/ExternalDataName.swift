import Glibc

/// How the file of a model's weights is called: `NAME.data`, or `NAME.1.data` and so on.
struct ExternalDataName {
    /// The first that is not taken.
    let name: String

    private let model: String
    private let place: ModelPath

    /// - Parameter model: The path of the model's file, which may be there already.
    init(besideModel model: String) {
        let place = ModelPath(model)
        self.model = model
        self.place = place
        var name = "\(place.name).data"
        var number = 0
        while Self.exists("\(place.folder)/\(name)") {
            number += 1
            name = "\(place.name).\(number).data"
        }
        self.name = name
    }

    func path(of name: String) -> String { "\(place.folder)/\(name)" }

    /// Files so called that the model refers to that is there now.
    var namesOfOldModel: Set<String> {
        guard let old = try? Model(path: model) else { return [] }
        return old.externalLocations.filter(isSoCalled)
    }

    func remove(_ name: String) { unlink(path(of: name)) }

    private func isSoCalled(_ name: String) -> Bool {
        guard name.hasPrefix("\(place.name)."), name.hasSuffix(".data") else { return false }
        let between = name.dropFirst(place.name.count + 1).dropLast("data".count)
        return between.isEmpty || between.last == "." && Int(between.dropLast()) != nil
    }

    private static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 || errno != ENOENT
    }
}
