import Data
import Learning
import Testing
import Zoo

@Suite struct SamplerTests {
    /// 2 of class 0, 5 of class 1, 23 of class 2.
    private let labels = [0, 0] + [Int](repeating: 1, count: 5) + [Int](repeating: 2, count: 23)

    @Test func shufflingTakesEveryPictureOnce() {
        let order = EpochOrder(.shuffle, targets: .classes(labels), seed: 5)
        for epoch in 1...3 { #expect(order.order(epoch: epoch).sorted() == Array(0..<30)) }
        #expect(order.order(epoch: 1) != order.order(epoch: 2))
        #expect(order.order(epoch: 1) == EpochOrder(.shuffle, targets: .classes(labels), seed: 5).order(epoch: 1))
        #expect(order.order(epoch: 1) != EpochOrder(.shuffle, targets: .classes(labels), seed: 6).order(epoch: 1))
    }

    @Test func balancingTakesEveryClassEquallyOften() {
        let order = EpochOrder(.balanced, targets: .classes(labels), seed: 5)
        for epoch in 1...5 {
            let chosen = order.order(epoch: epoch)
            #expect(chosen.count == 30)
            for label in 0..<3 { #expect(chosen.count { labels[$0] == label } == 10) }
            // Evenly within a class: five times each of the two, once at most each of the 23.
            #expect(chosen.count { $0 == 0 } == 5)
            #expect(chosen.count { $0 == 3 } == 2)
            #expect(Set(chosen.filter { labels[$0] == 2 }).count == 10)
        }
        let orders = (1...4).map { order.order(epoch: $0) }
        #expect(Set(orders).count == 4)
        // Over many epochs every picture of the frequent class has its turn, and none is preferred.
        var counts = [Int](repeating: 0, count: 30)
        for epoch in 0..<2300 { for index in order.order(epoch: epoch) { counts[index] += 1 } }
        #expect(counts[7...].allSatisfy { abs($0 - 1000) < 120 })
        // Classes are mixed: the first third of an epoch holds its share of each.
        #expect(Set(orders[0].prefix(10).map { labels[$0] }).count == 3)
    }

    @Test func whatDoesNotDivideGoesRound() {
        let labels = [0, 1, 2, 3, 3]
        let order = EpochOrder(.balanced, targets: .classes(labels), seed: 1)
        var counts = [0, 0, 0, 0]
        for epoch in 0..<8 {
            let chosen = order.order(epoch: epoch)
            #expect(chosen.count == 5)
            for index in chosen { counts[labels[index]] += 1 }
        }
        #expect(counts == [10, 10, 10, 10])
    }

    @Test func classesWithoutPictures() {
        let chosen = EpochOrder(.balanced, targets: .classes([4, 4, 9]), seed: 1).order(epoch: 0)
        #expect(chosen.count == 3)
        #expect(Set(chosen).isSubset(of: [0, 1, 2]))
        #expect(EpochOrder(.balanced, targets: .classes([]), seed: 1).order(epoch: 0).isEmpty)
    }

    @Test func options() throws {
        func read(_ values: [String: OptionValue]) throws -> Sampler {
            var options = Options(values, path: "train")
            return try TrainerSettings(options: &options).sampler
        }
        #expect(try read([:]) == .shuffle)
        #expect(try read(["sampler": .string("balanced")]) == .balanced)
        let error = #expect(throws: GraftError.self) { try read(["sampler": .string("balancd")]) }
        #expect(error?.description == "train.sampler: unknown value 'balancd'; did you mean 'balanced'?")
    }

    @Test func aPictureThatComesAgainIsCounted() {
        let order = [3, 1, 3, 3, 2, 1]
        let requests = BatchRequest.all([order[0..<4], order[4..<6]], epoch: 7)
        #expect(
            requests == [
                BatchRequest(epoch: 7, indices: [3, 1, 3, 3], repetitions: [0, 0, 1, 2]),
                BatchRequest(epoch: 7, indices: [2, 1], repetitions: [0, 1]),
            ])
    }
}
