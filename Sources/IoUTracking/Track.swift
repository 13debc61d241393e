/// An object that is followed.
struct Track: Sendable {
    let classIndex: Int
    private(set) var motion: MotionFilter

    /// Counted from 1 among tracks that were confirmed; `nil`: seen once, and not in the first frame.
    private(set) var number: Int?

    /// Whether it was found in the last frame.
    private(set) var isSeen = true

    /// The frames in which it began and was found last.
    let begin: Int
    private(set) var lastSeen: Int

    init(_ observation: Observation, frame: Int) {
        classIndex = observation.classIndex
        motion = MotionFilter(observation.box)
        begin = frame
        lastSeen = frame
    }

    mutating func confirm(as number: Int) {
        self.number = number
    }

    mutating func predict() {
        motion.predict(keepsHeight: !isSeen)
    }

    mutating func update(_ observation: Observation, frame: Int) {
        motion.update(observation.box)
        isSeen = true
        lastSeen = frame
    }

    mutating func lose() {
        isSeen = false
    }
}
