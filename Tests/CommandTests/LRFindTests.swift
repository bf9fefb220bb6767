import Foundation
import TestSupport
import Testing

/// `graft lr-find`: says a rate, draws a curve, leaves everything else alone.
@Suite struct LRFindTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    private func configuration() throws -> String {
        try graft.workspace.file(
            "food.yaml",
            """
            backbone: efficientnet_lite0
            data: {train: \(sample)/train, test: \(sample)/test}
            preprocessing: {resize: 36, crop: 32}
            train: {batch_size: 16, freeze: {stages: 2}, optimizer: {kind: sgd}}
            cache: false
            """)
    }

    @Test func itSaysARateAndWritesNothingButTheCurve() throws {
        let configuration = try configuration()
        // What a run that was stopped has left is not touched either.
        for name in ["model.npz", "checkpoint.npz"] {
            try FileManager.default.createDirectory(
                atPath: "\(graft.workspace.path)/runs/latest", withIntermediateDirectories: true)
            _ = try graft.workspace.file("runs/latest/\(name)", "as it was")
        }
        let before = graft.workspace.contents
        let found = try graft.run("lr-find", configuration, "--steps", "40", "--output", "curve.svg")
        #expect(found.status == 0, "\(found.error)")
        #expect(graft.workspace.contents.filter { !before.contains($0) } == ["curve.svg"])
        for name in ["model.npz", "checkpoint.npz"] {
            let text = try String(contentsOfFile: "\(graft.workspace.path)/runs/latest/\(name)", encoding: .utf8)
            #expect(text == "as it was")
        }
        let lines = found.output.split(separator: "\n")
        let said = try #require(lines.first { $0.hasPrefix("start with    ") })
        let rate = try #require(Double(said.dropFirst(14)))
        #expect(rate > 1e-5 && rate < 10)
        #expect(lines.contains { $0.hasPrefix("steepest      ") })
        #expect(lines.last == "curve         curve.svg")
        let svg = try String(contentsOfFile: "\(graft.workspace.path)/curve.svg", encoding: .utf8)
        #expect(svg.hasPrefix("<svg ") && svg.contains(">start with ") && svg.hasSuffix("</svg>\n"))

        let document = try graft.run("lr-find", configuration, "--steps", "40", "--json").json()
        let rates = try #require(document["rates"] as? [Double])
        #expect((document["losses"] as? [Double])?.count == rates.count)
        let valley = try #require(document["valley"] as? Double)
        #expect(abs(valley / rate - 1) < 0.05)
        #expect(graft.workspace.contents.count == before.count + 1)
    }

    @Test func whatIsWrongIsSaidInOneLine() throws {
        let configuration = try configuration()
        let cases: [(arguments: [String], error: String)] = [
            (["nothing.yaml"], "nothing.yaml: no such file"),
            ([configuration, "--set", "data.train=nowhere"], "nowhere: no such folder; check the path"),
            (
                [configuration, "--set", "train.freeze=bakbone"],
                "--set train.freeze=bakbone: train.freeze: unknown value 'bakbone'; did you mean 'backbone'?"
            ),
            (
                [configuration, "--phase", "2"],
                "\(configuration): phase: there is no such phase: expected 1 to 1, found 2"
            ),
            (
                [configuration, "--set", "train.freeze={stages: 40}"],
                "--set train.freeze={stages: 40}: train.freeze.stages: the backbone has fewer stages: expected 1 to 9 (features.0, features.1, "
                    + "features.2, features.3, features.4, features.5, features.6, features.7, features.8), found 40"
            ),
            (
                [configuration, "--set", "head={kind: prototype}"],
                "--set head={kind: prototype}: head.kind: a 'prototype' head is made in one pass and has no learning rate; choose another"
            ),
        ]
        for (arguments, error) in cases {
            let result = try graft.run(["lr-find"] + arguments)
            #expect(result.status == 1)
            #expect(result.error == "error: \(error)\n")
        }
        #expect(try graft.run("lr-find", configuration, "--steps", "9").status == 64)
        #expect(graft.workspace.contents == ["food.yaml"])
    }
}
