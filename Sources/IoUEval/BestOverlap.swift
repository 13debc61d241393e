/// The object of a detection's category and picture that it overlaps most.
package struct BestOverlap: Hashable, Sendable {
    /// Above 0, at most 1.
    package let iou: Double

    /// An index into ``GroundTruth/objects``; of equal overlaps, the first.
    package let object: Int
}

extension GroundTruth {
    /// The best overlap of each detection; `nil` where there is none. Crowds are left out.
    package func bestOverlaps(of found: [FoundObject]) -> [BestOverlap?] {
        let groups = GroupedObjects(self, found)
        var overlaps = [BestOverlap?](repeating: nil, count: found.count)
        for category in categories.indices {
            groups.forEachPicture(of: category) { group in
                for position in group.found.indices {
                    overlaps[groups.foundOrder[position]] = groups.bestOverlap(
                        of: group.found[position], among: group.objects)
                }
            }
        }
        return overlaps
    }
}

extension GroupedObjects {
    fileprivate func bestOverlap(
        of detection: FoundObject, among objects: ArraySlice<GroundTruth.Object>
    ) -> BestOverlap? {
        var best: BestOverlap?
        for position in objects.indices where !objects[position].isCrowd {
            let iou = detection.box.iou(with: objects[position].box)
            guard iou > best?.iou ?? 0 else { continue }
            best = BestOverlap(iou: iou, object: objectOrder[position])
        }
        return best
    }
}
