import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// An answer that is there as a whole.
    init(
        status: HTTPResponse.Status = .ok, _ bytes: [UInt8], type: String,
        headers: HTTPFields = [:]
    ) {
        var headers = headers
        headers[.contentType] = type
        headers[.xContentTypeOptions] = "nosniff"
        self.init(
            status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// One line of JSON.
    static func json(
        _ status: HTTPResponse.Status = .ok, _ body: (inout JSONText) -> Void
    ) -> Response {
        Response(
            status: status, JSONText.object(body) + [0x0A], type: "application/json")
    }

    init(_ error: ServerError) {
        self.init(status: error.status, error.json, type: "application/json")
        if let seconds = error.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if error.closes { headers[.connection] = "close" }
        if error.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    }
}

extension ServerError {
    /// `{"error": "…"}`, as the Open Inference Protocol has it.
    var json: [UInt8] {
        JSONText.object { text in
            text.key("error")
            text.string(message)
        } + [0x0A]
    }
}
