import ArgumentParser
import Glibc
import IoUServer
import Logging

struct ListeningArguments: ParsableArguments {
    @Option(help: "The address to listen on; 0.0.0.0 for all.")
    var host = "127.0.0.1"

    @Option(help: "0 for one that is free.")
    var port = 8000

    @Option(
        help: ArgumentHelp(
            "A file with the token that clients send as 'Authorization: Bearer …'; without it "
                + "the environment's IOUSERVE_TOKEN.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("A certificate's chain in PEM: TLS.", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("Its private key in PEM.", valueName: "file"))
    var privateKey: String?

    func validate() throws {
        guard (0...65535).contains(port) else {
            throw ValidationError("--port: expected 0 to 65535, found \(port)")
        }
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key: expected both or none")
        }
    }

    func address(_ limits: LimitArguments) -> ServerAddress {
        var address = ServerAddress(host: host, port: port)
        if let certificate, let privateKey { address.tls = (certificate, privateKey) }
        address.connections = limits.maxConnections
        return address
    }

    /// A token on the command line would be seen by every user of the machine.
    func readToken() throws -> String? {
        guard let tokenFile else {
            return getenv("IOUSERVE_TOKEN").map { String(cString: $0) }.flatMap {
                $0.isEmpty ? nil : $0
            }
        }
        guard let file = fopen(tokenFile, "r") else {
            throw ValidationError(
                "--token-file: '\(tokenFile)': \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        let text = fgets(&line, Int32(line.count), file).map { String(cString: $0) } ?? ""
        let token = text.prefix { !$0.isWhitespace }
        guard !token.isEmpty else {
            throw ValidationError("--token-file: expected a token in '\(tokenFile)', found none")
        }
        return String(token)
    }

    func warn(_ logger: Logger, hasToken: Bool) {
        let isLoopback = host.hasPrefix("127.") || host == "localhost" || host == "::1"
        guard !isLoopback else { return }
        if !hasToken {
            logger.warning("anybody who reaches this machine may ask: there is no token")
        }
        if certificate == nil {
            logger.warning("requests can be read on their way: there is no TLS")
        }
    }
}
