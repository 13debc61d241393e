import HTTPTypes
import Hummingbird

/// `GET /`: a page that shows a picture's boxes and moves them by sliders.
enum PageEndpoint {
    /// Nothing but the page's own parts, and the picture that somebody drops on it.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        + "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'"

    static func add(to router: Router<ServerContext>) {
        let parts: [(path: RouterPath, bytes: [UInt8], type: String)] = [
            ("/", PackageResources.index_html, "text/html; charset=utf-8"),
            ("/page.js", PackageResources.page_js, "text/javascript; charset=utf-8"),
            ("/page.css", PackageResources.page_css, "text/css; charset=utf-8"),
        ]
        for (path, bytes, type) in parts {
            router.get(path) { _, _ in
                Response(
                    bytes, type: type,
                    headers: [.contentSecurityPolicy: policy, .cacheControl: "no-cache"])
            }
        }
    }
}
