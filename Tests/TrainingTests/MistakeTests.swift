import Foundation
import Learning
import Runs
import Synchronization
import Testing
import Zoo

@Suite struct MistakeTests {
    /// What an epoch tells of its mistakes fits what it counts, for features in memory and for pictures that are read again.
    @Test(arguments: [1 << 30, 0])
    func mistakesAreThoseOfTheEpoch(memoryLimit: Int) throws {
        let staged = try StagedData(train: 8, test: 5)
        let told = Mutex<(records: [Int: EpochRecord], mistakes: [Int: [TrainingMistake]])>(([:], [:]))
        // A rate at which the last epochs are still wrong about some.
        _ = try staged.run(
            ["epochs": .number(3), "optimizer": .map(["kind": .string("sgd"), "learning_rate": .number(1e-6)])],
            memoryLimit: memoryLimit
        ) { event in
            switch event {
            case .epoch(let record, _): told.withLock { $0.records[record.epoch] = record }
            case .mistakes(let mistakes, let epoch): told.withLock { $0.mistakes[epoch] = mistakes }
            default: break
            }
        }
        let (records, mistakes) = told.withLock { $0 }
        #expect(mistakes.keys.sorted() == [1, 2, 3])
        for (epoch, mistakes) in mistakes {
            let record = try #require(records[epoch])
            let wrong = try #require(record.testTotal) - (try #require(record.testCorrect))
            #expect(wrong > 0, "nothing to tell")
            #expect(mistakes.count == min(12, wrong))
            #expect(Set(mistakes.map(\.path)).count == mistakes.count)
            for mistake in mistakes {
                #expect(mistake.path.hasPrefix("\(staged.data.scratch.path)/test/\(mistake.truth)/"))
                #expect(mistake.guess != mistake.truth && mistake.probability >= mistake.truthProbability)
            }
            #expect(mistakes.map(\.truthProbability) == mistakes.map(\.truthProbability).sorted())
        }
    }
}
