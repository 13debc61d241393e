import Foundation

/// Pictures for the tiny detector.
enum Pictures {
    /// A PNG of 64 x 64 pixels: the upper right quarter red, the lower left green, the rest black.
    static let cells: [UInt8] = {
        let text = """
            iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAIAAAAlC+aJAAAAUElEQVR42u3QMREAAAwCMfybbjV0YGq4\
            NxCS8qZcAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADuABcBAAAAAAAAAAAAAAAAAAAAAAAAAAAAfAMscNL4\
            aga/CskAAAAASUVORK5CYII=
            """
        guard let data = Data(base64Encoded: text) else { preconditionFailure("no base64") }
        return Array(data)
    }()
}
