import Foundation
import Insight
import Numbers
import TestSupport
import Testing
import Zoo

struct ConfidenceTests {
    @Test func `the calibration error equals the reference`() throws {
        let golden = try GoldenNumbers.read().calibration
        let confidences = HashFill.samples("confidence", golden.count).map { ($0 + 1) / 2 }
        let right = zip(HashFill.samples("right", golden.count), confidences).map { ($0 + 1) / 2 < $1 * $1 }
        let found = Reliability(confidences: confidences, isRight: right, bins: 10)
        #expect(abs(found.error - golden.error) < 1e-12)
        // Such a model is far too sure.
        #expect(found.error > found.noiseLimit && found.noiseLimit > found.noiseFloor)
        #expect(found.bins.reduce(0) { $0 + $1.count } == 500)
    }

    @Test func `an honest model is at the noise floor`() {
        let confidences = HashFill.samples("honest", 2000).map { 0.5 + abs($0) / 2 }
        let right = zip(HashFill.samples("luck", 2000), confidences).map { ($0 + 1) / 2 < $1 }
        let found = Reliability(confidences: confidences, isRight: right)
        #expect(found.error < found.noiseLimit)
    }

    @Test(arguments: [0.25, 4.0])
    func `a temperature is found again`(temperature: Double) {
        let (logits, labels) = Self.honest(3000)
        let distorted = logits.map { $0 * temperature }
        let fit = Temperature(logits: distorted, labels: labels, classes: 3, fold: labels.indices.map { $0 % 5 })
        #expect(abs(fit.value / temperature - 1) < 0.08, "\(fit)")
        #expect(fit.lossAfter < fit.lossBefore && fit.reason == nil)
    }

    @Test func `the temperature is at the bottom of the loss`() {
        let (logits, labels) = Self.honest(400)
        let fit = Temperature(
            logits: logits.map { $0 * 3 }, labels: labels, classes: 3, fold: labels.indices.map { $0 % 5 })
        func loss(_ temperature: Double) -> Double {
            LogProbabilities.loss(of: logits.map { $0 * 3 }, labels: labels, classes: 3, temperature: temperature)
        }
        #expect(fit.lossAfter == loss(fit.value))
        #expect(loss(fit.value * 1.0001) > fit.lossAfter && loss(fit.value / 1.0001) > fit.lossAfter)
        // All right by far, and all wrong: as far as is allowed, and no further.
        let sure = (0..<30).flatMap { index in (0..<3).map { $0 == index % 3 ? 1.0 : 0 } }
        let right = Temperature(
            logits: sure, labels: (0..<30).map { $0 % 3 }, classes: 3, fold: (0..<30).map { $0 % 5 })
        let wrong = Temperature(
            logits: sure, labels: (0..<30).map { ($0 + 1) % 3 }, classes: 3, fold: (0..<30).map { $0 % 5 })
        #expect(abs(right.value - 0.02) < 1e-6 && abs(wrong.value - 50) < 1e-3)
    }

    @Test func `where no temperature helps it stays 1 and says so`() {
        let (logits, labels) = Self.honest(60)
        let few = Temperature(
            logits: Array(logits.prefix(30)), labels: Array(labels.prefix(10)), classes: 3,
            fold: (0..<10).map { $0 % 5 })
        #expect(few.value == 1 && few.reason != nil && few.lossAfter == few.lossBefore)
        // Random labels fold by fold: what one fold says the next denies.
        for seed in 0..<5 {
            let (logits, labels) = Self.honest(40, name: "fold \(seed)")
            let fit = Temperature(logits: logits, labels: labels, classes: 3, fold: labels.indices.map { $0 % 5 })
            #expect(fit.lossAfter <= fit.lossBefore)
            #expect((fit.value == 1) == (fit.reason != nil))
        }
    }

    @Test(arguments: [0.8, 0.9, 0.95])
    func `sets hold the right class as often as promised and are never empty`(promised: Double) {
        let (logits, labels) = Self.honest(2000)
        let probabilities = labels.indices.map { LogProbabilities.probabilities(logits[$0 * 3..<$0 * 3 + 3]) }
        let sets = ConformalSets(
            promised: promised, probabilities: probabilities, labels: labels, fold: labels.indices.map { $0 % 5 })
        #expect(abs(sets.coverage - promised) < 0.025)
        #expect(probabilities.allSatisfy { !sets.set($0).isEmpty })
        #expect(sets.set([0.2, 0.7, 0.1]).first == 1)
        let few = ConformalSets(
            promised: 0.99, probabilities: Array(probabilities.prefix(20)), labels: Array(labels.prefix(20)),
            fold: [Int](repeating: 0, count: 20))
        #expect(few.set([0.98, 0.01, 0.01]).count == 3)
    }

    /// Logits, and labels drawn as they say.
    private static func honest(_ count: Int, name: String = "logits") -> ([Double], [Int]) {
        let logits = HashFill.samples(name, count * 3).map { 2.5 * $0 }
        let luck = HashFill.samples("\(name) luck", count)
        let labels = (0..<count).map { row -> Int in
            let probabilities = LogProbabilities.probabilities(logits[row * 3..<row * 3 + 3])
            let draw = (luck[row] + 1) / 2
            return draw < probabilities[0] ? 0 : draw < probabilities[0] + probabilities[1] ? 1 : 2
        }
        return (logits, labels)
    }
}
