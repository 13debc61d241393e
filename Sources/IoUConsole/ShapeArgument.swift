import ArgumentParser

/// `name=1x3x480x640`
package struct ShapeArgument: ExpressibleByArgument {
    package let name: String
    package let shape: [Int]

    package init(name: String, shape: [Int]) {
        self.name = name
        self.shape = shape
    }

    /// The name may hold "=" itself.
    package init?(argument: String) {
        guard let equals = argument.lastIndex(of: "="), equals != argument.startIndex else {
            return nil
        }
        let text = argument[argument.index(after: equals)...]
        let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let shape = sides.compactMap { $0 }
        guard shape.count == sides.count, shape.allSatisfy({ $0 >= 0 }) else { return nil }
        name = String(argument[..<equals])
        self.shape = shape
    }
}
