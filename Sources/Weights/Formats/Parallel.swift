import Dispatch
import Synchronization

/// Work on all cores whose result does not depend on how many there are.
enum Parallel {
    /// `body` of every index below `count`, on all cores, begun in `order`.
    /// - Throws: the error of the lowest index that failed.
    static func map<T: Sendable, Failure: Error>(
        _ count: Int, order: [Int], _ body: @Sendable (Int) throws(Failure) -> T
    ) throws(Failure) -> [T] {
        let results = Mutex([Result<T, Failure>?](repeating: nil, count: count))
        DispatchQueue.concurrentPerform(iterations: count) { position in
            let index = order[position]
            let result = Result { () throws(Failure) in try body(index) }
            results.withLock { $0[index] = result }
        }
        var values: [T] = []
        values.reserveCapacity(count)
        for result in results.withLock({ $0 }) {
            if let result { values.append(try result.get()) }
        }
        return values
    }
}
