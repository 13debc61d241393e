import IoURuntime

/// The handles that one worker runs jobs with. Each is opened when a job needs it, or by
/// ``prepare()``.
final class Engine {
    private let model: Model
    private let options: ServerOptions
    private var detector: DetectorBox?
    private var session: SessionBox?

    /// Handles are values with one owner.
    private final class DetectorBox {
        var detector: Detector
        init(_ detector: consuming Detector) { self.detector = detector }
    }

    private final class SessionBox {
        var session: Session
        init(_ session: consuming Session) { self.session = session }
    }

    init(_ model: Model, options: ServerOptions) {
        self.model = model
        self.options = options
    }

    private var sessionOptions: SessionOptions { SessionOptions(threads: options.threads) }

    /// Opens what most jobs need, so that a model that cannot run is refused when it is loaded.
    func prepare(isDetector: Bool) throws(IoUError) {
        if isDetector { _ = try openDetector() } else { _ = try openSession() }
    }

    private func openDetector() throws(IoUError) -> DetectorBox {
        if let detector { return detector }
        let opened = DetectorBox(try Detector(model, options: sessionOptions))
        detector = opened
        return opened
    }

    private func openSession() throws(IoUError) -> SessionBox {
        if let session { return session }
        let opened = SessionBox(try Session(model, options: sessionOptions))
        session = opened
        return opened
    }

    /// Settles all jobs, which have one batch key if they are several.
    func run(_ jobs: [Job], cancellation: Cancellation) {
        switch jobs[0].work {
        case .detect:
            detect(jobs, cancellation)
        case .infer(let work):
            jobs[0].settle(
                Result { () throws(ServerError) in
                    .tensors(try infer(work, runOptions(for: jobs, cancellation)))
                })
        }
    }

    private func runOptions(for jobs: [Job], _ cancellation: Cancellation) -> RunOptions {
        // Another job of the batch may have more time: each has its own alarm.
        let latest = jobs.map(\.deadline).max() ?? .now
        return RunOptions(timeout: latest - .now, cancellation: cancellation)
    }

    private func infer(
        _ work: InferWork, _ options: RunOptions
    ) throws(ServerError) -> [String: Tensor] {
        do throws(IoUError) {
            let box = try openSession()
            return try box.session.run(work.inputs, outputs: work.outputs, options: options)
        } catch {
            throw ServerError(error)
        }
    }

    // MARK: Detection

    /// Pictures of one size run together; what is wrong with one of them is its own job's.
    private func detect(_ jobs: [Job], _ cancellation: Cancellation) {
        var pictures: [(job: Job, work: DetectWork, image: Image)] = []
        for job in jobs where !job.isSettled {
            guard case .detect(let work) = job.work else { continue }
            do throws(IoUError) {
                let image = try Image(decoding: work.picture, limits: options.imageLimits)
                pictures.append((job, work, image))
            } catch {
                job.settle(.failure(ServerError(error, at: "picture")))
            }
        }
        while let first = pictures.first {
            let group = pictures.filter { hasSides($0.image, of: first.image) }
            pictures.removeAll { hasSides($0.image, of: first.image) }
            detect(group, runOptions(for: group.map(\.job), cancellation))
        }
    }

    private func hasSides(_ one: Image, of other: Image) -> Bool {
        one.width == other.width && one.height == other.height
    }

    private func detect(
        _ group: [(job: Job, work: DetectWork, image: Image)], _ run: RunOptions
    ) {
        do throws(IoUError) {
            let box = try openDetector()
            var options = group[0].work.parameters.options
            options.run = run
            let found = try box.detector.detect(in: group.map(\.image), options: options)
            for (index, (job, work, image)) in group.enumerated() {
                job.settle(
                    Result { () throws(IoUError) in
                        .detections(
                            DetectAnswer(
                                found: found[index],
                                kept: work.keeps ? try box.detector.keep(picture: index) : nil,
                                png: work.draws ? try image.drawn(found[index]) : nil))
                    }.mapError { ServerError($0) })
            }
        } catch {
            for (job, _, _) in group { job.settle(.failure(ServerError(error))) }
        }
    }
}

extension Image {
    /// The bytes of a PNG file with the boxes drawn.
    fileprivate func drawn(_ found: Detections) throws(IoUError) -> [UInt8] {
        var image = self
        try image.draw(found)
        return try image.encodedPNG()
    }
}
