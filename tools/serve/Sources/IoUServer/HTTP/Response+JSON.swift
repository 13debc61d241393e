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

    /// `{"error": "…"}`, as the Open Inference Protocol has it.
    init(_ error: ServerError) {
        self = .json(error.status) { text in
            text.key("error")
            text.string(error.message)
        }
        if let seconds = error.retryAfter { headers[.retryAfter] = "\(seconds)" }
        if error.closes { headers[.connection] = "close" }
        if error.status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    }
}
