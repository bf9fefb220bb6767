import Foundation
import Inference
import Insight
import TestSupport
import Testing
import Zoo

struct PlanningTests {
    @Test func `a power law is found again`() {
        let points = [10, 20, 40, 80, 160, 320].map {
            (pictures: Double($0), error: 0.9 * pow(Double($0), -0.5) + 0.03)
        }
        let law = PowerLaw(points)
        #expect(abs(law.error(at: 640) - (0.9 * pow(640, -0.5) + 0.03)) < 0.002)
        let flat = PowerLaw(points.map { ($0.pictures, 0.2) })
        #expect(abs(flat.error(at: 640) - 0.2) < 0.01)
        let perfect = PowerLaw(points.map { ($0.pictures, 0) })
        #expect(perfect.error(at: 640) == 0)
    }

    @Test func `a curve falls, and its prediction holds the truth`() throws {
        let (features, labels) = try Blobs.draw(classes: 3, each: 100, spread: 2.5)
        let groups = Array(labels.indices)
        let curve = try LearningCurve(features, labels: labels, classes: 3, groups: groups, threads: 2)
        #expect(curve.points.count == 6)
        #expect(curve.points[0].error > curve.points[5].error)
        #expect(curve.points.allSatisfy { $0.errors.count == 5 && $0.classErrors.count == 3 })
        #expect(curve == (try LearningCurve(features, labels: labels, classes: 3, groups: groups, threads: 1)))
        let early = LearningCurve(points: Array(curve.points.dropLast()), pictures: labels.count)
        let found = PowerLaw.predict(early, at: [240])[0]
        #expect(abs(found.error - curve.points[5].error) < 0.05)
        #expect(found.lower <= found.error + 0.01 && found.error <= found.upper + 0.01)
        #expect(throws: GraftError.self) {
            try LearningCurve(features.rows([0, 1, 2]), labels: [0, 1, 2], classes: 3, groups: [0, 1, 2], threads: 1)
        }
    }

    @Test func `clusters find the blobs`() throws {
        let (features, labels) = try Blobs.draw(classes: 4, each: 25, spread: 0.4)
        let found = Clusters(features, count: 4, threads: 2)
        for members in found.members { #expect(Set(members.map { labels[$0] }).count == 1) }
        #expect(found.cluster == Clusters(features, count: 4, threads: 1).cluster)
        #expect(Clusters(features.rows([1, 1, 1]), count: 5, threads: 1).members.flatMap { $0 }.count == 3)
    }

    @Test func `the doubtful and different are chosen, no copies, nothing excluded`() throws {
        let (features, _) = try Blobs.draw(classes: 3, each: 40)
        let probabilities = (0..<120).map { $0 < 60 ? [0.5, 0.45, 0.05] : [0.9, 0.05, 0.05] }
        var groups = Array(0..<120)
        for index in 0..<20 { groups[index] = 0 }
        let chosen = PictureChoice.choose(
            8, features: features, probabilities: probabilities, groups: groups, excluded: [25, 26], threads: 2)
        #expect(chosen.count == 8 && Set(chosen).count == 8)
        #expect(chosen.allSatisfy { $0 < 60 && $0 != 25 && $0 != 26 })
        #expect(chosen.count(where: { $0 < 20 }) <= 1)
        let without = PictureChoice.choose(
            6, features: features, probabilities: nil, groups: groups, excluded: [], threads: 2)
        #expect(Set(without).count == 6)
        #expect(
            PictureChoice.choose(500, features: features, probabilities: nil, groups: groups, threads: 1).count == 101)
    }
}
