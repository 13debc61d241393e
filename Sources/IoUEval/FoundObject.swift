/// One detection, as an evaluation sees it.
package struct FoundObject: Hashable, Sendable {
    /// An index into ``GroundTruth/pictures``.
    package let picture: Int

    /// An index into ``GroundTruth/categories``.
    package let category: Int

    package let box: BoundingBox

    /// Finite; the greater, the surer.
    package let score: Double

    package init(picture: Int, category: Int, box: BoundingBox, score: Double) {
        self.picture = picture
        self.category = category
        self.box = box
        self.score = score
    }
}
