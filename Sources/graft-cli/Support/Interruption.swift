import Dispatch
import Runs
import Weights
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Ctrl-C and TERM while something runs that can be gone on with: the first asks it to stop, the second ends the program at
/// once.
///
/// Ctrl-C ends the other programs of a pipeline too (`| tee log`). Writing to one that is gone does not end this one before
/// it has stopped in order.
///
/// Unchecked: the sources are touched by `init` and `end` only.
final class Interruption: @unchecked Sendable {
    private let received = Mutex<Int32?>(nil)
    private let sources: [any DispatchSourceSignal]

    /// The exit code that tells of the signal, nil where there was none: 130 for Ctrl-C, 143 for TERM.
    var status: Int32? { received.withLock { $0.map { 128 + $0 } } }

    /// - Parameter stop: called once, on another thread.
    init(_ stop: @escaping @Sendable () -> Void) {
        let numbers = [SIGINT, SIGTERM]
        signal(SIGPIPE, SIG_IGN)
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            return DispatchSource.makeSignalSource(signal: number, queue: .global())
        }
        for (number, source) in zip(numbers, sources) {
            source.setEventHandler { [self] in
                let isFirst = received.withLock { received in
                    defer { received = received ?? number }
                    return received == nil
                }
                guard isFirst else {
                    Unfinished.discard()
                    _exit(128 + number)
                }
                stop()
            }
            source.resume()
        }
    }

    /// Leaves the signals to the system again.
    func end() {
        for source in sources { source.cancel() }
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
        if status == nil { signal(SIGPIPE, SIG_DFL) }
    }
}
