package import ArgumentParser

extension ValidationError {
    /// An option with a value that it cannot have.
    package init(_ option: String, expected: String, found: some CustomStringConvertible) {
        self.init("\(option): expected \(expected), found \(found)")
    }
}

extension ClosedRange where Bound: CustomStringConvertible {
    /// Refuses a value of `option` outside of the range; `nil`: the option was not given.
    package func check(_ value: Bound?, of option: String) throws {
        guard let value, !contains(value) else { return }
        let bounds = [lowerBound, upperBound].map { bound in
            let text = bound.description
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }
        throw ValidationError(option, expected: "\(bounds[0]) to \(bounds[1])", found: value)
    }
}
