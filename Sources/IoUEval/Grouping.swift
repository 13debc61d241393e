/// The order of elements by category, then by picture, then as they came.
struct Grouping {
    /// Indices of the elements.
    let order: [Int]

    /// Where in ``order`` each category begins, and one more: where the last one ends.
    private let starts: [Int]

    /// - Parameters:
    ///   - count: Of the elements.
    ///   - pictures: How many there are; likewise `categories`.
    ///   - picture: Of an element; likewise `category`.
    init(
        count: Int, pictures: Int, categories: Int, picture: (Int) -> Int, category: (Int) -> Int
    ) {
        let byPicture = Grouping.sorted(Array(0..<count), keys: pictures, key: picture)
        (order, starts) = Grouping.sorted(byPicture.order, keys: categories, key: category)
    }

    /// Positions in ``order``.
    subscript(category category: Int) -> Range<Int> { starts[category]..<starts[category + 1] }

    /// Counting sort, which keeps the order of equal keys.
    private static func sorted(
        _ elements: [Int], keys: Int, key: (Int) -> Int
    ) -> (order: [Int], starts: [Int]) {
        var starts = [Int](repeating: 0, count: keys + 1)
        for element in elements { starts[key(element) + 1] += 1 }
        for key in 0..<keys { starts[key + 1] += starts[key] }
        var next = starts
        var order = elements
        for element in elements {
            let slot = key(element)
            order[next[slot]] = element
            next[slot] += 1
        }
        return (order, starts)
    }
}

extension Grouping {
    init(_ objects: [GroundTruth.Object], of truth: GroundTruth) {
        self.init(
            count: objects.count, pictures: truth.pictures.count,
            categories: truth.categories.count, picture: { objects[$0].picture },
            category: { objects[$0].category })
    }

    init(_ found: [FoundObject], of truth: GroundTruth) {
        self.init(
            count: found.count, pictures: truth.pictures.count, categories: truth.categories.count,
            picture: { found[$0].picture }, category: { found[$0].category })
    }
}
