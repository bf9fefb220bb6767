/// What pictures that are only counted came to.
package struct Measured: Sendable, Hashable {
    /// The mean.
    package var loss = 0.0
    package var correct = 0
    package let total: Int

    init(total: Int) { self.total = total }
}

extension EpochRecord {
    /// Takes down what the test pictures came to.
    mutating func test(_ measured: Measured) {
        testLoss = measured.loss
        testCorrect = measured.correct
        testTotal = measured.total
    }
}
