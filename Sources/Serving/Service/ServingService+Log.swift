import Zoo

/// One line a request, and its place in the metrics.
extension ServingService {
    /// A request that got its answer.
    func answered(_ exchange: Exchange, _ response: ServerResponse, peer: String) {
        let time = ContinuousClock.now - exchange.start
        if response.status == 504 { metrics.rejected("deadline") }
        metrics.answered(route: exchange.route.label, status: response.status, time: time)
        let request = exchange.request
        line(
            id: request.id, peer: peer, what: "\(request.method) \(request.path)", status: response.status, time: time,
            in: request.body.count, out: response.body.count)
    }

    /// A request whose client did not wait: status 499, as nginx calls it.
    func abandoned(_ exchange: Exchange, peer: String) {
        let time = ContinuousClock.now - exchange.start
        metrics.answered(route: exchange.route.label, status: 499, time: time)
        let request = exchange.request
        line(
            id: request.id, peer: peer, what: "\(request.method) \(request.path)", status: 499, time: time,
            in: request.body.count, out: 0)
    }

    /// A request that was turned away before its body was read.
    func refused(_ what: String, _ response: ServerResponse, id: String, peer: String) {
        metrics.answered(route: "refused", status: response.status, time: .zero)
        line(id: id, peer: peer, what: what, status: response.status, time: .zero, in: 0, out: response.body.count)
    }

    private func line(
        id: String, peer: String, what: String, status: Int, time: Duration, in received: Int, out sent: Int
    ) {
        let milliseconds = Double(time.nanoseconds / 1000) / 1000
        // Client text: bounded, and escaped so that it stays in its line.
        let shown = String(
            what.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : Character($0) })
        log("\(id) \(peer) \(shown) \(status) \(milliseconds) ms, \(received) bytes in, \(sent) out")
    }

    /// The answer to a browser that asks whether a page of another site may ask; nil where it is not allowed.
    func preflight(_ headers: [String: String]) -> ServerResponse? {
        guard let origin = headers["origin"], rules.origins.contains(origin) else { return nil }
        return ServerResponse(
            status: 204,
            headers: [
                ("access-control-allow-methods", "GET, POST"),
                (
                    "access-control-allow-headers",
                    "authorization, content-type, content-encoding, inference-header-content-length, x-graft, x-request-id"
                ), ("access-control-max-age", "600"),
            ])
    }
}
