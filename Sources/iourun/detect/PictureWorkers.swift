import Dispatch
import IoURuntime

/// Threads that look at pictures, one each, instead of all threads at one picture: reading, drawing
/// and writing overlap with networks, and no thread waits for another within a layer.
final class PictureWorkers {
    private let work: OrderedWork<Result<DetectedPicture, IoUError>>
    private let threads = DispatchGroup()

    /// The most memory for pictures and what is in networks at the same time, in bytes, were all
    /// pictures as large as the first.
    private static let mostMemory = 2 << 30

    /// Begins with `positions`. The pictures' networks share the threads of `options`, which the
    /// detector of the first picture had.
    ///
    /// - Returns: nil where one thread at a time is right: for one picture, one thread, or networks
    ///   that would need too much memory together.
    init?(
        _ look: PictureLook, at positions: Range<Int>, behind picture: Image,
        of first: borrowing Detector, options: SessionOptions
    ) {
        let all = first.threads
        // One is looked at, one waits for its turn.
        let needed = first.memory.intermediateBytes + 2 * 3 * picture.width * picture.height
        let fitting = PictureWorkers.mostMemory / needed
        let count = min(all, positions.count, fitting)
        guard count > 1 else { return nil }
        work = OrderedWork(positions, ahead: 2 * count)
        var options = options
        let model = first.model
        for number in 0..<count {
            options.threads = all / count + (number < all % count ? 1 : 0)
            begin(look, model, options)
        }
    }

    private func begin(_ look: PictureLook, _ model: Model, _ options: SessionOptions) {
        let work = work
        DispatchQueue(label: "iou.pictures").async(group: threads) {
            do throws(IoUError) {
                var detector = try Detector(model, options: options)
                while let position = work.next() {
                    work.put(look.look(at: position, with: &detector), at: position)
                }
            } catch {
                while let position = work.next() { work.put(.failure(error), at: position) }
            }
        }
    }

    /// What was found at a position; each is asked for once, in order.
    func outcome(at position: Int) -> Result<DetectedPicture, IoUError> { work.take(position) }

    /// Ends the threads; what they have begun is done.
    deinit {
        work.stop()
        threads.wait()
    }
}
