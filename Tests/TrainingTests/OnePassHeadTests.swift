import Engine
import Foundation
import Heads
import Objectives
import TestSupport
import Testing
import Zoo

/// Heads that are regressions, against scikit-learn's numbers (`Fixtures/heads/make.py`).
@Suite struct OnePassHeadTests {
    private struct Golden: Decodable {
        struct Fit: Decodable {
            let count: Int
            let width: Int
            let classes: Int?
            /// nil where it is chosen.
            let strength: Double?
            let weights: [Double]
            let biases: [Double]
        }
        let logistic: [String: Fit]
        let ridge: [String: Fit]
        struct Vote: Decodable {
            let count: Int
            let width: Int
            let classes: Int
            let neighbours: Int
            let temperature: Double
            /// `[queries, classes]`
            let shares: [Double]
        }
        let neighbours: [String: Vote]

        static func read() throws -> Golden {
            let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("heads/numbers.json")))
            return try JSONDecoder().decode(Golden.self, from: data)
        }
    }

    private static let path = "classifier"

    /// - Parameter name: `wide, 3 classes`: what stands before the comma names the features.
    private func features(_ name: String, _ count: Int, _ width: Int) throws -> Tensor {
        let values = HashFill.samples("heads.\(name.prefix { $0 != "," })", count * width)
        return try Tensor(shape: [count, width], elements: values.map { Float(3 * $0 + 2) })
    }

    private func fit(
        _ head: any Head, _ features: Tensor, _ targets: Targets, outputs: Int, threads: Int = 2
    ) throws -> StateDict {
        let context = HeadContext(outputs: outputs, classifierPath: Self.path, threads: threads)
        let made = try #require(try head.fit(features: features, targets: targets, in: context)).tensors
        // It fits the layers, in their order.
        let graph = try vectorGraph(features.shape[1]) { head.layers(in: context) }
        #expect(made.names == graph.parameters.map(\.name))
        for parameter in graph.parameters { #expect(made[parameter.name]?.shape == parameter.shape) }
        return made
    }

    private func head<H: Head>(_ type: H.Type, strength: Double? = nil) throws -> H {
        var options = Options(strength.map { ["strength": .number($0)] } ?? [:])
        let head = try H(options: &options, for: TinyBackbone(variant: "tiny"))
        #expect(head.options == (strength.map { ["strength": .number($0)] } ?? [:]))
        return head
    }

    private func check(_ found: Tensor?, _ expected: [Double], within tolerance: Double) throws {
        let found = try #require(found)
        #expect(found.elements.count == expected.count)
        for (value, wanted) in zip(found.elements, expected) {
            // The head keeps floats.
            #expect(abs(Double(value) - wanted) < tolerance + 1e-7 * abs(wanted))
        }
    }

    @Test(arguments: ["wide, 2 classes", "wide, 3 classes", "tall, 2 classes", "tall, 3 classes"])
    func `logistic equals scikit-learn's`(name: String) throws {
        let golden = try #require(try Golden.read().logistic[name])
        let classes = try #require(golden.classes)
        let made = try fit(
            try head(LogisticHead.self, strength: golden.strength), try features(name, golden.count, golden.width),
            .classes((0..<golden.count).map { $0 % classes }), outputs: classes)
        var (weights, biases) = (made["\(Self.path).weight"], made["\(Self.path).bias"])
        if classes == 2 {
            // scikit-learn keeps the difference of the rows.
            let rows = try #require(weights?.elements), offsets = try #require(biases?.elements)
            weights = try Tensor(
                shape: [1, golden.width], elements: (0..<golden.width).map { rows[golden.width + $0] - rows[$0] })
            biases = try Tensor(shape: [1], elements: [offsets[1] - offsets[0]])
        }
        try check(weights, golden.weights, within: 1e-5)
        try check(biases, golden.biases, within: 1e-5)
    }

    @Test(arguments: ["wide, given", "wide, chosen", "tall, given", "tall, chosen"])
    func `ridge equals scikit-learn's`(name: String) throws {
        let golden = try #require(try Golden.read().ridge[name])
        let x = try features(name, golden.count, golden.width)
        let noise = HashFill.samples("heads.\(name.prefix { $0 != "," }).values", golden.count * 2)
        let values = noise.indices.map { index in
            Float(0.3 * x.elements[index / 2 * golden.width + index % 2] + Float(noise[index]))
        }
        let made = try fit(
            try head(RidgeHead.self, strength: golden.strength), x,
            .values(try Tensor(shape: [golden.count, 2], elements: values)), outputs: 2)
        try check(made["\(Self.path).weight"], golden.weights, within: 1e-6)
        try check(made["\(Self.path).bias"], golden.biases, within: 1e-6)
    }

    private func knn(_ options: [String: OptionValue], of pictures: Int) throws -> NeighboursHead {
        var options = Options(options)
        return try NeighboursHead(options: &options, for: TinyBackbone(variant: "tiny")).made(of: pictures)
    }

    /// More places than pictures change nothing.
    @Test(arguments: ["wide", "tall"], [1, 20, 50])
    func `neighbours vote as in PyTorch`(name: String, count: Int) throws {
        let golden = try #require(try Golden.read().neighbours["\(name), \(count)"])
        for spare in [0, 5] {
            let head = try knn(
                ["neighbours": .number(Double(golden.neighbours)), "temperature": .number(golden.temperature)],
                of: golden.count + spare)
            let made = try fit(
                head, try features(name, golden.count, golden.width),
                .classes((0..<golden.count).map { $0 % golden.classes }), outputs: golden.classes)
            let context = HeadContext(outputs: golden.classes, classifierPath: Self.path)
            let graph = try vectorGraph(golden.width) { head.layers(in: context) }
            let queries = golden.shares.count / golden.classes
            let logits = try InferencePlan(graph, weights: made).run(
                try features("\(name).asked", queries, golden.width)
            ).elements
            for (logit, share) in zip(logits, golden.shares) {
                #expect(abs(exp(Double(logit)) - max(share, 1e-6)) < 2e-6)
            }
            #expect(logits.count == golden.shares.count)
        }
    }

    @Test func `neighbours are kept in equal shares`() throws {
        let labels = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 0, 1, 2, 0, 0].map { $0 }
        let kept = NeighboursHead.chosen(labels, 5)
        #expect(kept == kept.sorted() && Set(kept).count == 5)
        #expect((0..<3).map { label in kept.count { labels[$0] == label } } == [3, 1, 1])
        #expect(NeighboursHead.chosen(labels, 15) == Array(labels.indices))
        #expect(try knn([:], of: 25_000).options["pictures"] == .number(10_000))
        #expect(try knn(["pictures": .number(12_000)], of: 25_000).options["pictures"] == .number(12_000))
        #expect(throws: GraftError.self) {
            try fit(
                try knn([:], of: 2), try features("wide", 2, 4), .values(Tensor(shape: [2, 1])), outputs: 1)
        }
    }

    /// Points around three corners, some of them twice.
    private func clouds(_ count: Int, width: Int) throws -> (features: Tensor, labels: [Int]) {
        let labels = (0..<count).map { $0 % 3 }
        var values = HashFill.samples("clouds", count * width).map(Float.init)
        for (row, label) in labels.enumerated() { values[row * width + label] += 1 }
        for column in 0..<width { values[3 * width + column] = values[column] }
        return (try Tensor(shape: [count, width], elements: values), labels)
    }

    @Test(arguments: [(60, 8), (30, 50)])
    func `the same bits at any number of threads`(count: Int, width: Int) throws {
        let (features, labels) = try clouds(count, width: width)
        let numbers = try Tensor(
            shape: [count, 1],
            elements: features.elements.enumerated().compactMap {
                $0.offset % width == 0 ? $0.element : nil
            })
        for (head, targets, outputs): (any Head, Targets, Int) in [
            (try head(LogisticHead.self), .classes(labels), 3), (try head(RidgeHead.self), .values(numbers), 1),
        ] {
            let one = try fit(head, features, targets, outputs: outputs, threads: 1)
            for threads in [2, 3, 8] {
                #expect(try fit(head, features, targets, outputs: outputs, threads: threads) == one)
            }
        }
    }

    @Test func `the chosen strength tells pictures that were not learnt`() throws {
        let (features, labels) = try clouds(90, width: 40)
        let unseen = try Tensor(
            shape: [90, 40],
            elements: HashFill.samples("unseen", 90 * 40).enumerated().map { index, value in
                Float(value) + (index % 40 == labels[index / 40] ? 1 : 0)
            })
        func loss(_ strength: Double?) throws -> Double {
            let head = try head(LogisticHead.self, strength: strength)
            let made = try fit(head, features, .classes(labels), outputs: 3)
            let graph = try vectorGraph(40) {
                head.layers(in: HeadContext(outputs: 3, classifierPath: Self.path))
            }
            let logits = try Reference(graph, made).run(unseen.elements.map(Double.init))
            return try #require(
                try Evaluation(
                    logits: try Tensor(shape: [90, 3], elements: logits.map { Float($0) }), labels: labels,
                    classes: ["a", "b", "c"]
                ).loss)
        }
        let losses: [Double] = try [0.1, 0.3, 1, 3, 10, 30, 100, 300].map { try loss($0) }
        let best = try #require(losses.min())
        #expect(try loss(nil) < best * 1.1)
        #expect(try loss(1000) > best * 1.1)
    }

    @Test func `what was chosen is told, and a part of the pictures takes it over`() throws {
        let (features, labels) = try clouds(90, width: 12)
        var context = HeadContext(outputs: 3, classifierPath: Self.path)
        let head = try head(LogisticHead.self)
        let all = try #require(try head.fit(features: features, targets: .classes(labels), in: context))
        let choice = try #require(all.choice)
        #expect(choice.option == "strength")
        #expect(choice.pictures == 90)
        #expect(choice.trials.map(\.value) == choice.trials.map(\.value).sorted())
        let chosen = try #require(choice.trials.first { $0.value == choice.chosen })
        // Later values are only tried until the loss hardly falls any more.
        #expect(choice.trials.allSatisfy { $0.value >= choice.chosen || $0.loss > chosen.loss })
        #expect((45...90).contains(try #require(chosen.correct)))
        let given = try fit(
            try self.head(LogisticHead.self, strength: choice.chosen), features, .classes(labels), outputs: 3)
        #expect(all.tensors == given)
        context.chosen = OptionChoice(option: "strength", chosen: 0.2, pictures: 90, trials: [])
        let part = try #require(try head.fit(features: features, targets: .classes(labels), in: context))
        #expect(part.choice == nil)
        #expect(
            try part.tensors
                == fit(try self.head(LogisticHead.self, strength: 0.2), features, .classes(labels), outputs: 3))
    }

    @Test func `a class may be missing, or have a single picture`() throws {
        let features = try Tensor(shape: [3, 4], elements: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])
        let head = try head(LogisticHead.self)
        let single = try fit(head, features, .classes([0, 1, 2]), outputs: 3)
        let weights = try #require(single["\(Self.path).weight"]?.elements)
        for label in 0..<3 { #expect((0..<3).allSatisfy { weights[label * 4 + $0] <= weights[label * 4 + label] }) }
        let missing = try fit(head, features, .classes([0, 0, 2]), outputs: 3)
        let biases = try #require(missing["\(Self.path).bias"]?.elements)
        #expect(biases[1] < biases[0] && biases[1] < biases[2])
    }

    @Test func `what a head cannot learn is refused`() throws {
        let features = Tensor(shape: [2, 3])
        let context = HeadContext(outputs: 2, classifierPath: Self.path)
        #expect(
            errorText {
                _ = try head(LogisticHead.self).fit(
                    features: features, targets: .values(Tensor(shape: [2, 2])), in: context)
            }
                == "head.kind: a regression to classes needs pictures of one class each: found values; choose another head, as in 'linear'"
        )
        #expect(
            errorText { _ = try head(RidgeHead.self).fit(features: features, targets: .classes([0, 1]), in: context) }
                == "head.kind: a regression to numbers needs numbers: found classes; choose another head, as in 'linear'"
        )
        #expect(try head(LogisticHead.self).tasks == [.classification])
        #expect(try head(RidgeHead.self).tasks == [.regression])
    }
}
