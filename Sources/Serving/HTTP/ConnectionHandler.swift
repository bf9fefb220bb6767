import NIOCore
import NIOHTTP1
import Zoo

/// One connection: requests are collected within their limits and deadlines, handed to the service, and answered in turn.
///
/// Everything here happens on the connection's event loop. While a request is at work the socket is still read, so that a
/// client that leaves is noticed.
final class ConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case receiving(Arrival)
        case working(Exchange, keepsAlive: Bool, isHead: Bool)
        /// The last answer is on its way, or was; what still arrives is dropped.
        case closing
    }

    /// A request whose body is arriving.
    private struct Arrival {
        let head: HTTPRequestHead
        let route: Route
        let path: String
        let query: [String: String]
        let headers: [String: String]
        let id: String
    }

    private let service: ServingService
    private let registry: ConnectionRegistry
    private var state = State.waiting
    /// What has arrived of the body. Not a part of the state: a copy of that would copy all of it with every piece.
    private var body = ByteBuffer()
    private var timer: Scheduled<Void>?
    /// Requests that were sent before the answer to the first.
    private var pending = CircularBuffer<HTTPServerRequestPart>()
    private var pendingBytes = 0
    private var hasInputEnded = false
    private var isAwaitingRead = false
    private var peer = ""

    init(_ service: ServingService, _ registry: ConnectionRegistry) {
        self.service = service
        self.registry = registry
    }

    private static let mostPendingBytes = 64 << 10

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func channelActive(context: ChannelHandlerContext) { begin(context) }

    private func begin(_ context: ChannelHandlerContext) {
        peer = context.remoteAddress?.ipAddress ?? "-"
        registry.add(self, context.channel)
        arm(context, after: service.limits.headerTime) { $0.close(context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        abandon()
        dropBody()
        state = .closing
        registry.isBusy(self, false)
        registry.remove(self)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            hasInputEnded = true
            switch state {
            case .waiting, .receiving: close(context)
            case .working:
                abandon()
                close(context)
            case .closing: break
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else { return close(context) }
        if case .closing = state { return close(context) }
        abandon()
        let fault =
            error == .headerOverflow
            ? GraftError(.headers, "the headers are too large")
            : GraftError(.badRequest, "not an HTTP request")
        refuse(context, fault, id: RequestID.next(), what: "-")
    }

    /// The client left: its work is dropped where it is.
    private func abandon() {
        guard case .working(let exchange, _, _) = state, exchange.abandon() else { return }
        service.abandoned(exchange, peer: peer)
        registry.isBusy(self, false)
    }

    /// Gives back the memory of a body, and its place among those that are arriving.
    private func dropBody() {
        registry.release(body.readableBytes)
        body = ByteBuffer()
    }

    private func close(_ context: ChannelHandlerContext) {
        timer?.cancel()
        state = .closing
        context.close(promise: nil)
    }

    private func arm(
        _ context: ChannelHandlerContext, after time: Duration, _ body: @escaping (ConnectionHandler) -> Void
    ) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { [weak self] in
            if let self { body(self) }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        guard case .working = state else { return take(part, context) }
        pending.append(part)
        if case .body(let bytes) = part { pendingBytes += bytes.readableBytes } else { pendingBytes += 256 }
        if pendingBytes > Self.mostPendingBytes, !isAwaitingRead {
            isAwaitingRead = true
            context.channel.setOption(.autoRead, value: false).whenFailure { _ in }
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (part, state) {
        case (.head(let head), .waiting): begin(head, context)
        case (.body(var bytes), .receiving(let arrival)):
            guard body.readableBytes + bytes.readableBytes <= service.limits.bodyBytes else {
                dropBody()
                return refuse(context, service.tooLarge, id: arrival.id, what: what(arrival.head))
            }
            guard registry.reserve(bytes.readableBytes) else {
                dropBody()
                service.metrics.rejected("bodies_full")
                return refuse(
                    context, GraftError(.busy, "too many bodies at a time", remedy: "try again in a second"),
                    id: arrival.id, what: what(arrival.head))
            }
            body.writeBuffer(&bytes)
        case (.end, .receiving(let arrival)): work(arrival, context)
        default: break
        }
    }

    private func what(_ head: HTTPRequestHead) -> String { "\(head.method.rawValue) \(head.uri)" }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        timer?.cancel()
        var headers: [String: String] = [:]
        for (name, value) in head.headers {
            let name = name.lowercased()
            headers[name] = headers[name].map { "\($0), \(value)" } ?? value
        }
        let id = RequestID.chosen(by: headers["x-request-id"])
        do throws(GraftError) {
            guard head.headers["host"].count == 1 || (head.version == .http1_0 && head.headers["host"].isEmpty) else {
                throw GraftError(.badRequest, "a request without a Host, or with several")
            }
            guard let (path, query) = URLText.split(head.uri) else {
                throw GraftError(.badRequest, "the address is no path of this server")
            }
            if head.method == .OPTIONS, let response = service.preflight(headers) {
                state = .closing
                return write(
                    response, to: context, id: id, keepsAlive: false, isHead: false, origin: headers["origin"])
            }
            let route = try service.admit(method: head.method.rawValue, path: path, headers: headers)
            var size = 0
            if let length = headers["content-length"].flatMap({ Int($0) }) { size = min(length, 1 << 20) }
            body = context.channel.allocator.buffer(capacity: size)
            state = .receiving(
                Arrival(head: head, route: route, path: path, query: query, headers: headers, id: id))
        } catch {
            return refuse(context, error, id: id, what: what(head))
        }
        if headers["expect"]?.lowercased() == "100-continue" {
            context.writeAndFlush(
                wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
        }
        arm(context, after: service.limits.bodyTime) { handler in
            guard case .receiving = handler.state else { return }
            handler.dropBody()
            handler.service.metrics.rejected("slow_body")
            handler.refuse(
                context, GraftError(.slow, "the body did not arrive in time"), id: id, what: handler.what(head))
        }
    }

    /// Answers what is wrong and closes the connection: its body may still be on the way.
    private func refuse(_ context: ChannelHandlerContext, _ fault: GraftError, id: String, what: String) {
        timer?.cancel()
        let response = ServerResponse(fault)
        service.refused(what, response, id: id, peer: peer)
        state = .closing
        write(response, to: context, id: id, keepsAlive: false, isHead: false, origin: nil)
    }

    private func work(_ arrival: Arrival, _ context: ChannelHandlerContext) {
        let request = ServerRequest(
            method: arrival.head.method.rawValue, path: arrival.path, query: arrival.query, headers: arrival.headers,
            body: Array(body.readableBytesView), id: arrival.id)
        dropBody()
        registry.isBusy(self, true)
        let keepsAlive = arrival.head.isKeepAlive, isHead = request.method == "HEAD"
        let loop = context.eventLoop
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: loop)
        let exchange = Exchange(request, route: arrival.route, deadline: service.limits.answerTime) { response in
            loop.execute { bound.value.handler.finish(response, bound.value.context) }
        } shortened: { exchange in
            loop.execute { bound.value.handler.watch(exchange, bound.value.context) }
        }
        state = .working(exchange, keepsAlive: keepsAlive, isHead: isHead)
        watch(exchange, context)
        service.handle(exchange)
    }

    /// The deadline; the body may move it closer when it is read.
    private func watch(_ exchange: Exchange, _ context: ChannelHandlerContext) {
        guard !exchange.isOver else { return }
        arm(context, after: max(.zero, exchange.deadline - .now)) { _ in
            exchange.answer(ServerResponse(ServingService.late))
        }
    }

    private func finish(_ response: ServerResponse, _ context: ChannelHandlerContext) {
        guard case .working(let exchange, let keepsAlive, let isHead) = state else { return }
        timer?.cancel()
        service.answered(exchange, response, peer: peer)
        let stays = keepsAlive && !hasInputEnded && !service.isDraining
        state = .closing
        write(
            response, to: context, id: exchange.request.id, keepsAlive: stays, isHead: isHead,
            origin: exchange.request.headers["origin"])
    }

    /// Writes an answer; then the next request's turn comes, or the connection ends.
    private func write(
        _ response: ServerResponse, to context: ChannelHandlerContext, id: String, keepsAlive: Bool, isHead: Bool,
        origin: String?
    ) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        headers.add(name: "content-length", value: "\(response.body.count)")
        headers.add(name: "x-request-id", value: id)
        headers.add(name: "connection", value: keepsAlive ? "keep-alive" : "close")
        for header in service.rules.headers(origin: origin) { headers.add(name: header.name, value: header.value) }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isHead, !response.body.isEmpty {
            context.write(
                wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))),
                promise: nil)
        }
        arm(context, after: service.limits.writeTime) { $0.close(context) }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            registry.isBusy(self, false)
            if keepsAlive { proceed(context) } else { linger(context) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func proceed(_ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        state = .waiting
        arm(context, after: service.limits.idleTime) { $0.close(context) }
        while let part = pending.popFirst() {
            take(part, context)
            // What follows waits for this request's answer.
            if case .working = state { return }
        }
        pendingBytes = 0
        if isAwaitingRead {
            isAwaitingRead = false
            context.channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    /// Closed at once, what the client still sends would make its system forget the answer.
    private func linger(_ context: ChannelHandlerContext) {
        guard context.channel.isActive, !hasInputEnded else { return close(context) }
        context.close(mode: .output, promise: nil)
        arm(context, after: .seconds(1)) { $0.close(context) }
    }
}
