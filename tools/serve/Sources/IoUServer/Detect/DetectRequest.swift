import Hummingbird
import IoURuntime

/// What a client asks of `POST /v1/detect`, read and checked.
struct DetectRequest {
    let picture: [UInt8]
    let parameters: DetectParameters
    /// `nil`: the first model.
    let model: String?
    let draws: Bool
    let keeps: Bool

    /// - Parameter body: The bytes of a picture, or a form with one and parameters.
    init(_ request: Request, body: [UInt8]) throws(ServerError) {
        var given = try RequestParameters(
            request, known: DetectParameters.names + ["model", "format", "keep"])
        let type = request.headers[.contentType] ?? ""
        if HeaderParameters(type).value.lowercased() == "multipart/form-data" {
            picture = try DetectRequest.picture(of: Multipart(body, type: type), &given)
        } else {
            picture = body
        }
        guard !picture.isEmpty else {
            throw .badRequest(
                "picture: expected the bytes of a file (\(Image.formats)), found none")
        }
        parameters = try DetectParameters(given)
        model = given["model"]
        draws = try DetectRequest.draws(request, given["format"])
        keeps = try given.flag("keep")
    }

    /// The one file of a form; its other parts are parameters.
    private static func picture(
        of form: Multipart, _ given: inout RequestParameters
    ) throws(ServerError) -> [UInt8] {
        var pictures: [Multipart.Part] = []
        for part in form.parts {
            if part.fileName != nil || part.name == "picture" {
                pictures.append(part)
            } else {
                try given.add(part.name, form.text(part))
            }
        }
        guard pictures.count == 1 else {
            throw .badRequest("form: expected one picture, found \(pictures.count)")
        }
        return Array(form.content(pictures[0]))
    }

    private static func draws(_ request: Request, _ format: String?) throws(ServerError) -> Bool {
        switch format {
        case "png": return true
        case "json": return false
        case nil:
            return HeaderParameters(request.headers[.accept] ?? "").value.lowercased()
                == "image/png"
        case let other?:
            throw .badRequest("parameter 'format': expected json or png, found \(other.quoted)")
        }
    }
}

extension DetectParameters {
    static let names = ["alpha", "score_threshold", "nms_threshold", "max_detections"]

    /// The most detections that may be asked for.
    static let most = 10_000

    init(_ given: RequestParameters) throws(ServerError) {
        alpha = try given.fraction("alpha")
        scoreThreshold = try given.fraction("score_threshold")
        nmsThreshold = try given.fraction("nms_threshold")
        maximumDetections = try given.count("max_detections", upTo: DetectParameters.most)
    }

    /// Members of a JSON object.
    init(_ object: JSONObject) throws(ServerError) {
        func fraction(_ name: String) throws(ServerError) -> Float? {
            guard let number = try object.number(name) else { return nil }
            guard (0...1).contains(number) else {
                throw .badRequest(
                    "\(object.place(of: name)): expected a number from 0 to 1, found \(number)")
            }
            return Float(number)
        }
        alpha = try fraction("alpha")
        scoreThreshold = try fraction("score_threshold")
        nmsThreshold = try fraction("nms_threshold")
        maximumDetections = try object.count("max_detections")
        if let most = maximumDetections, !(1...DetectParameters.most).contains(most) {
            throw .badRequest(
                "\(object.place(of: "max_detections")): expected a whole number from 1 to "
                    + "\(DetectParameters.most), found \(most)")
        }
    }
}
