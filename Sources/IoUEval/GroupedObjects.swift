/// What one category has in one picture.
struct PictureGroup {
    let objects: ArraySlice<GroundTruth.Object>
    let found: ArraySlice<FoundObject>
}

/// Objects and detections, by category and picture.
struct GroupedObjects {
    /// In the order of the grouping, as ``found`` is.
    let objects: [GroundTruth.Object]
    let found: [FoundObject]

    /// Where each of ``objects`` and of ``found`` was in the lists.
    let objectOrder: [Int]
    let foundOrder: [Int]

    private let objectGroups: Grouping
    private let foundGroups: Grouping

    init(_ truth: GroundTruth, _ list: [FoundObject]) {
        objectGroups = Grouping(truth.objects, of: truth)
        foundGroups = Grouping(list, of: truth)
        objects = objectGroups.order.map { truth.objects[$0] }
        found = foundGroups.order.map { list[$0] }
        objectOrder = objectGroups.order
        foundOrder = foundGroups.order
    }

    func objects(of category: Int) -> ArraySlice<GroundTruth.Object> {
        objects[objectGroups[category: category]]
    }

    func found(of category: Int) -> ArraySlice<FoundObject> {
        found[foundGroups[category: category]]
    }

    /// Calls `body` for every picture, in their order, that has something of the category.
    func forEachPicture(of category: Int, _ body: (PictureGroup) -> Void) {
        var objects = objects(of: category)
        var found = found(of: category)
        while let picture = [objects.first?.picture, found.first?.picture].compactMap(\.self).min()
        {
            let group = PictureGroup(
                objects: objects.prefix { $0.picture == picture },
                found: found.prefix { $0.picture == picture })
            body(group)
            objects = objects.dropFirst(group.objects.count)
            found = found.dropFirst(group.found.count)
        }
    }
}
