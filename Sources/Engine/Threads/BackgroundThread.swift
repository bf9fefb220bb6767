#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A thread of the system's for work that waits for itself only.
package final class BackgroundThread {
    private final class Body: Sendable {
        let givesWay: Bool
        let run: @Sendable () -> Void

        init(givesWay: Bool, _ run: @escaping @Sendable () -> Void) {
            self.givesWay = givesWay
            self.run = run
        }
    }

    private let thread: pthread_t

    /// - Parameter givesWay: whether others go first.
    /// - Returns: nil where the system has no thread to give.
    package init?(givesWay: Bool = true, _ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(givesWay: givesWay, run))
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
        let body = Unmanaged<Body>.fromOpaque(body).takeRetainedValue()
        if body.givesWay {
            #if canImport(Darwin)
                pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
            #else
                // Of this thread only, on Linux.
                _ = nice(5)
            #endif
        }
        body.run()
    }

    /// Lets it end by itself. To be called once, in place of `join`.
    package func detach() { pthread_detach(thread) }

    /// Returns when it has ended. To be called once.
    package func join() { pthread_join(thread, nil) }
}
