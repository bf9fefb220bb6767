import Insight
import Testing
import Zoo

/// What is said of pictures' first answers before and after.
@Suite struct AnswerPairTests {
    @Test func everyPictureIsMovedByEveryChange() throws {
        // The second is moved by 0.5 in favour of class 0, the others not at all.
        let before = try Tensor(shape: [3, 2], elements: [1, 0, 0, 0.25, 0, 3])
        let after = try Tensor(shape: [3, 2], elements: [1, 0, 0.25, 0, 0, 3])
        let pairs = AnswerPairs(before: before, after: after)
        #expect(pairs.agreeing == 2)
        #expect(pairs.isRight(1, class: 1) == (before: true, after: false))
        // Of nine, only the second moved by its own change turns.
        #expect(pairs.expectedAgreement(of: [before]) == 8.0 / 9)
        // A picture that nothing was measured on counts, too.
        let other = try Tensor(shape: [1, 2], elements: [0, 0.5])
        #expect(pairs.expectedAgreement(of: [before, other]) == 10.0 / 12)
    }

    @Test func itIsWhatTryingEveryPairGives() throws {
        var state: UInt64 = 3
        let classes = 7, count = 40
        func drawn(_ size: Float) throws -> Tensor {
            try Tensor(
                shape: [count, classes],
                elements: (0..<count * classes).map { _ in
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    return Float(Int(state >> 33) % 2001 - 1000) / 1000 * size
                })
        }
        let before = try drawn(1), changes = try drawn(0.2)
        let after = try Tensor(shape: before.shape, elements: zip(before.elements, changes.elements).map { $0 + $1 })
        func first(_ row: [Float]) -> Int { row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 } }
        func row(_ tensor: Tensor, _ index: Int) -> [Float] {
            Array(tensor.elements[index * classes..<(index + 1) * classes])
        }
        var same = 0
        for picture in 0..<count {
            let old = row(before, picture)
            for other in 0..<count {
                let new = row(after, other), from = row(before, other)
                let moved = old.indices.map { old[$0] + (new[$0] - from[$0]) }
                if first(moved) == first(old) { same += 1 }
            }
        }
        let found = AnswerPairs(before: before, after: after).expectedAgreement(of: [before])
        #expect(same < count * count && found == Double(same) / Double(count * count))
    }

    @Test func oneOutputIsAboveNothingOrNot() throws {
        let before = try Tensor(shape: [2, 1], elements: [0.5, -2]),
            after = try Tensor(shape: [2, 1], elements: [-0.5, -2])
        let pairs = AnswerPairs(before: before, after: after)
        #expect(pairs.agreeing == 1)
        #expect(pairs.expectedAgreement(of: [before]) == 0.75)
    }
}
