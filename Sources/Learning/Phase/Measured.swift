/// What pictures that are only counted came to.
package struct Measured: Sendable, Hashable {
    /// The mean.
    package var loss = 0.0
    /// Nil for numbers.
    package var correct: Int?
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
