import ArgumentParser
import Engine
import Foundation
import Graft
import Serving
import Zoo

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Answer over HTTP: to programs, to people on a page, to monitoring.",
        discussion: """
            Programs speak the Open Inference Protocol (KServe V2, REST), as Triton's clients do, or send pictures to \
            /predict. People open the address in a browser. Monitoring reads /metrics.

            EXAMPLES:
              graft serve efficientnet_lite0
              graft serve food=runs/food/model.npz --port 9000
              curl --data-binary @photo.jpg http://localhost:8000/predict

            SIGHUP, or a changed file, loads a model again; SIGTERM ends the server when the requests in flight are done.
            """)

    @Argument(help: "Model files or pretrained names; NAME=MODEL for another name in addresses.", completion: .file())
    var models: [String]

    @Option(
        help: ArgumentHelp(
            "The address to listen at. 127.0.0.1 is reached from this machine only.", valueName: "address"))
    var host = "127.0.0.1"

    @Option(help: "The port; 0 for any that is free.")
    var port = 8000

    @Option(help: ArgumentHelp("How many pictures are computed at a time. Default: the processors.", valueName: "n"))
    var threads: Int?

    @OptionGroup var precision: PrecisionOption

    @Option(help: "What clients must send as Authorization: Bearer TOKEN. Better in the environment, as GRAFT_TOKEN.")
    var token: String?

    @Option(
        help: ArgumentHelp(
            "Encrypt connections (https): a PEM file, the server's certificate first. SIGHUP reads it again.",
            valueName: "file"),
        completion: .file())
    var certificate: String?

    @Option(
        help: ArgumentHelp(
            "The certificate's private key, a PEM file. Default: it is in --certificate's.", valueName: "file"),
        completion: .file())
    var key: String?

    @Option(help: ArgumentHelp("A name under which the server may be asked for; * for any.", valueName: "name"))
    var allowHost: [String] = []

    @Option(help: ArgumentHelp("Another site whose pages may ask: https://example.org.", valueName: "origin"))
    var allowOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            Let people correct the first model on the page: their pictures go into this folder of class folders, and the \
            head is trained again.
            """,
            valueName: "folder"))
    var learn: String?

    @Option(help: ArgumentHelp("How many requests may wait or be at work.", valueName: "n"))
    var queue = 256

    @Option(help: ArgumentHelp("Seconds until a request is answered or given up.", valueName: "seconds"))
    var deadline = 30.0

    @Flag(help: "No line for each request.")
    var quiet = false

    func validate() throws {
        guard !models.isEmpty else { throw ValidationError("Name at least one model.") }
        guard (0...65535).contains(port) else { throw ValidationError("--port must be from 0 to 65535.") }
        guard queue >= 1 else { throw ValidationError("--queue must be at least 1.") }
        guard (0.001...3600).contains(deadline) else { throw ValidationError("--deadline must be from 0.001 to 3600.") }
        guard key == nil || certificate != nil else { throw ValidationError("--key needs --certificate.") }
        guard token.map({ !$0.isEmpty }) ?? true else { throw ValidationError("--token must not be empty.") }
    }

    func run() throws {
        if learn != nil { Terminal.complain("computing the features of the pictures in \(learn ?? "")") }
        var server = GraftServer(models.map { GraftServer.Entry($0) }, threads: try ThreadPool.count(threads))
        server.precision = precision.precision
        server.host = host
        server.port = port
        server.token = token ?? ProcessInfo.processInfo.environment["GRAFT_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        server.certificate = certificate
        server.key = key
        server.allowedHosts = allowHost
        server.allowedOrigins = allowOrigin
        server.learningFolder = learn
        server.limits.requests = queue
        server.limits.answerTime = .seconds(deadline)
        let quiet = quiet
        server.log = { line in
            let isRequest = line.contains(" bytes in, ")
            if !quiet || !isRequest { Terminal.complain("\(Date().formatted(.iso8601)) \(line)") }
        }
        if !GraftServer.isLocal(host), server.token == nil, certificate == nil {
            Terminal.complain(
                "warning: anybody who reaches \(host) may ask, and others may listen; --token keeps strangers out, "
                    + "--certificate encrypts", .bad)
        }
        try server.run(registry: try Registry.builtIn()) { port in
            let address = host.contains(":") ? "[\(host)]" : host
            let scheme = certificate == nil ? "http" : "https"
            Terminal.complain("serving \(models.joined(separator: ", ")) at \(scheme)://\(address):\(port)/", .good)
        }
    }
}
