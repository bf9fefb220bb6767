import NIOCore
import Synchronization

/// What the connections of a server share: who is there, who is busy, and how many bytes of bodies are arriving.
final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var busy: Set<ObjectIdentifier> = []
        var bytes = 0
    }

    private let state = Mutex(State())
    private let mostBytes: Int

    init(mostBytes: Int) { self.mostBytes = mostBytes }

    func add(_ handler: ConnectionHandler, _ channel: any Channel) {
        state.withLock { $0.channels[ObjectIdentifier(handler)] = channel }
    }

    func remove(_ handler: ConnectionHandler) {
        state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(handler)) }
    }

    /// Whether a request of that connection is at work, or its answer on the way.
    func isBusy(_ handler: ConnectionHandler, _ isBusy: Bool) {
        state.withLock { state in
            if isBusy {
                state.busy.insert(ObjectIdentifier(handler))
            } else {
                state.busy.remove(ObjectIdentifier(handler))
            }
        }
    }

    /// How many connections are busy.
    var busy: Int { state.withLock { $0.busy.count } }

    /// Takes room for a part of a body.
    func reserve(_ bytes: Int) -> Bool {
        state.withLock { state in
            guard state.bytes + bytes <= mostBytes else { return false }
            state.bytes += bytes
            return true
        }
    }

    func release(_ bytes: Int) { state.withLock { $0.bytes -= bytes } }

    func closeAll() {
        for channel in state.withLock({ Array($0.channels.values) }) { channel.close(promise: nil) }
    }
}

/// Leaves connections past the limit in the system's backlog.
final class AcceptLimiter: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let most: Int
    private var open = 0
    private var isWaiting = false

    init(most: Int) { self.most = most }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        open += 1
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            let (handler, context) = bound.value
            handler.open -= 1
            if handler.isWaiting, handler.open < handler.most {
                handler.isWaiting = false
                context.read()
            }
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if open < most { context.read() } else { isWaiting = true }
    }
}
