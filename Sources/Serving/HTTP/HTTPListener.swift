import NIOCore
import NIOHTTP1
import NIOPosix
package import Zoo

/// A bound address and the connections to it.
package final class HTTPListener: Sendable {
    /// The port, also where the system chose it.
    package let port: Int
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    private let registry: ConnectionRegistry
    private let service: ServingService

    /// Binds and begins to answer. Blocks.
    /// - Parameter identity: with one, connections are encrypted (TLS).
    /// - Throws: `GraftError.network` for an address that cannot be had.
    package init(
        _ service: ServingService, host: String, port: Int, identity: ServerIdentity? = nil
    ) throws(GraftError) {
        let limits = service.limits
        let registry = ConnectionRegistry(mostBytes: limits.queueBytes)
        // One is enough: all that takes long is elsewhere.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptLimiter(most: limits.connections))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    #if TLS
                        if let identity { try channel.pipeline.syncOperations.addHandler(identity.handler()) }
                    #endif
                    var decoder = NIOHTTPDecoderLimitConfiguration()
                    decoder.maxHeaderFieldSize = 16 << 10
                    decoder.maxHeaderListSize = 32 << 10
                    decoder.maxHeaderFieldCount = 100
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: true,
                        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: decoder)
                    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(service, registry))
                }
            }
        do {
            channel = try bootstrap.bind(host: host, port: port).wait()
        } catch {
            try? group.syncShutdownGracefully()
            throw GraftError(
                .network, "the address cannot be had", parameter: "\(host):\(port)", found: "\(error)",
                remedy: "choose another --port, or end what uses it")
        }
        self.port = channel.localAddress?.port ?? port
        self.group = group
        self.registry = registry
        self.service = service
    }

    /// Connections with a request at work.
    package var busy: Int { registry.busy }

    /// Ends all connections and the listening. Blocks.
    package func stop() {
        registry.closeAll()
        try? channel.close().wait()
        service.queue.finish()
        try? group.syncShutdownGracefully()
    }

    /// The addresses of this machine, as a Host header writes them.
    package static var ownAddresses: [String] {
        let devices = (try? System.enumerateDevices()) ?? []
        return devices.compactMap { device in
            device.address?.ipAddress.map { $0.contains(":") ? "[\($0)]" : $0 }
        } + [ProcessFigures.hostName]
    }
}
