#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of the system's that gives way to the others.
final class BackgroundThread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let thread: pthread_t

    /// Nil where the system has no thread to give.
    init?(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        #if canImport(Glibc)
            var started = pthread_t()
            let status = pthread_create(
                &started, nil,
                { body in
                    if let body { BackgroundThread.work(body) }
                    return nil
                }, body.toOpaque())
            thread = started
        #else
            var started: pthread_t?
            let status = pthread_create(
                &started, nil,
                { body in
                    BackgroundThread.work(body)
                    return nil
                }, body.toOpaque())
            guard let started else {
                body.release()
                return nil
            }
            thread = started
        #endif
        guard status == 0 else {
            body.release()
            return nil
        }
    }

    private static func work(_ body: UnsafeMutableRawPointer) {
        #if canImport(Darwin)
            pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
        #else
            // Of this thread only, on Linux.
            _ = nice(5)
        #endif
        Unmanaged<Body>.fromOpaque(body).takeRetainedValue().run()
    }

    /// Returns when it has ended. To be called once.
    func join() { pthread_join(thread, nil) }
}
