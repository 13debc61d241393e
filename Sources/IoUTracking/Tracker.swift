/// Numbers objects over the frames of a video: ByteTrack (Y. Zhang et al., arXiv 2110.06864).
///
/// Objects with high scores are matched to the tracks first, then those with low scores to the
/// tracks that are left, so that an object is followed through frames in which it is hard to see. A
/// match is by the overlap with where a Kalman filter expects the box, within a class.
package struct Tracker: Sendable {
    private let parameters: TrackingParameters
    private var tracks: [Track] = []
    private var frame = 0
    private var confirmed = 0

    package init(_ parameters: TrackingParameters = TrackingParameters()) {
        self.parameters = parameters
    }

    /// Takes in the next frame.
    ///
    /// - Returns: The number of each object's track, from 1; `nil` for objects that belong to none:
    ///   with low scores, or seen the first time behind the first frame.
    package mutating func update(_ observations: [Observation]) -> [Int?] {
        frame += 1
        for index in tracks.indices { tracks[index].predict() }
        var found = [Int?](repeating: nil, count: observations.count)
        var left = observations.indices.filter {
            observations[$0].score >= parameters.detectionThreshold
        }
        let low = observations.indices.filter {
            observations[$0].score >= parameters.lowThreshold
                && observations[$0].score < parameters.detectionThreshold
        }

        let known = tracks.indices.filter { tracks[$0].number != nil }
        var pairs = match(known, observations, left, parameters.firstOverlap)
        let seenBefore = known.filter { track in
            tracks[track].isSeen && !pairs.contains { $0.track == track }
        }
        left.removeAll { index in pairs.contains { $0.observation == index } }
        pairs += match(seenBefore, observations, low, parameters.secondOverlap)

        let unconfirmed = tracks.indices.filter { tracks[$0].number == nil }
        let again = match(unconfirmed, observations, left, parameters.unconfirmedOverlap)
        left.removeAll { index in again.contains { $0.observation == index } }

        lose(except: pairs + again)
        for pair in pairs + again {
            tracks[pair.track].update(observations[pair.observation], frame: frame)
            if tracks[pair.track].number == nil { confirm(pair.track) }
            found[pair.observation] = tracks[pair.track].number
        }
        forget()
        for index in left where observations[index].score >= parameters.trackThreshold {
            tracks.append(Track(observations[index], frame: frame))
            if frame == 1 {
                confirm(tracks.count - 1)
                found[index] = tracks[tracks.count - 1].number
            }
        }
        return found
    }

    private typealias Pair = (track: Int, observation: Int)

    /// The pairs of the most total overlap, each of `least` or more.
    private func match(
        _ chosen: [Int], _ observations: [Observation], _ candidates: [Int], _ least: Double
    ) -> [Pair] {
        let costs = chosen.map { track in
            candidates.map { candidate in
                tracks[track].classIndex == observations[candidate].classIndex
                    ? 1 - tracks[track].motion.box.overlap(with: observations[candidate].box) : 1
            }
        }
        // An overlap of exactly the least is enough.
        let columns = Assignment.columns(costs, below: (1 - least).nextUp)
        return zip(chosen, columns).compactMap { track, column in
            column.map { (track, candidates[$0]) }
        }
    }

    private mutating func confirm(_ track: Int) {
        confirmed += 1
        tracks[track].confirm(as: confirmed)
    }

    private mutating func lose(except pairs: [Pair]) {
        let matched = Set(pairs.map(\.track))
        for index in tracks.indices where !matched.contains(index) { tracks[index].lose() }
    }

    /// Drops tracks that were lost too long, those that were never confirmed, and of two that are in
    /// the same place the one that is lost, or lived for a shorter time.
    private mutating func forget() {
        tracks.removeAll { track in
            !track.isSeen
                && (track.number == nil || frame - track.lastSeen > parameters.trackBuffer)
        }
        var isDropped = [Bool](repeating: false, count: tracks.count)
        for lost in tracks.indices where !tracks[lost].isSeen {
            for seen in tracks.indices where tracks[seen].isSeen && tracks[seen].number != nil {
                guard tracks[lost].classIndex == tracks[seen].classIndex,
                    tracks[lost].motion.box.overlap(with: tracks[seen].motion.box)
                        > parameters.duplicateOverlap
                else { continue }
                let lostAge = tracks[lost].lastSeen - tracks[lost].begin
                let seenAge = tracks[seen].lastSeen - tracks[seen].begin
                isDropped[lostAge <= seenAge ? lost : seen] = true
            }
        }
        tracks = zip(tracks, isDropped).filter { !$0.1 }.map(\.0)
    }
}
