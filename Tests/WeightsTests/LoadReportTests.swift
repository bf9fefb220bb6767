import TestSupport
import Testing
import Weights
import Zoo

@Suite struct LoadReportTests {
    /// Two linear layers: `features.0` of 4 x 3 and `classifier.1` of 2 x 4.
    private func parameters() throws -> [Parameter] {
        var builder = GraphBuilder(inputShape: [3])
        let layers: [any Layer] = [Dense(4).named("features.0"), Dense(2).named("classifier.1")]
        let output = try Sequential(layers).build(builder.input, in: &builder)
        builder.endStage("logits", at: output)
        return try builder.graph(output: output).parameters
    }

    private func state(_ shapes: [(String, [Int])]) -> StateDict {
        var state = StateDict()
        for (name, shape) in shapes { state[name] = Tensor(shape: shape) }
        return state
    }

    private let exact: [(String, [Int])] = [
        ("features.0.weight", [4, 3]), ("features.0.bias", [4]), ("classifier.1.weight", [2, 4]),
        ("classifier.1.bias", [2]),
    ]

    @Test func findsWhatFits() throws {
        let report = LoadReport(
            state(exact.reversed() + [("features.0.num_batches_tracked", [])]), for: try parameters())
        #expect(report.isExact)
        #expect(report.loaded == exact.map(\.0))
        #expect(report.description == "4 loaded, 0 missing, 0 of another shape, 0 unexpected")
        try report.check(file: "f")
    }

    @Test func namesWhatDoesNotFit() throws {
        let report = LoadReport(
            state([
                ("features.0.weight", [4, 3]), ("features.0.bais", [4]), ("classifier.1.weight", [4, 2]),
                ("extra", [9]),
                ("classifier.1.bias", [2]),
            ]), for: try parameters())
        #expect(!report.isComplete)
        #expect(
            report.description == """
                2 loaded, 1 missing, 1 of another shape, 2 unexpected
                missing     features.0.bias
                shape       classifier.1.weight: 4x2 instead of 2x4
                unexpected  features.0.bais
                unexpected  extra
                hint        is 'features.0.bais' meant to be 'features.0.bias'?
                """)
        #expect(
            line { try report.check(file: "f.npz") }
                == "f.npz: the weights do not fit the model: expected 4 tensors, found 1 missing (features.0.bias), "
                + "1 of another shape (classifier.1.weight: 4x2 instead of 2x4), 2 unexpected (features.0.bais, extra); "
                + "is 'features.0.bais' meant to be 'features.0.bias'?")
    }

    @Test func namesAWrappersPrefix() throws {
        let report = LoadReport(state(exact.map { ("module." + $0.0, $0.1) }), for: try parameters())
        #expect(
            line { try report.check(file: "f.pth", allowingUnexpected: true) }
                == "f.pth: the weights do not fit the model: expected 4 tensors, found 4 missing (features.0.weight, "
                + "features.0.bias, classifier.1.weight, ...); every name begins with 'module.': leave that out")
    }

    @Test func namesOtherClasses() throws {
        let report = LoadReport(
            state(exact.prefix(2) + [("classifier.1.weight", [1000, 4]), ("classifier.1.bias", [1000])]),
            for: try parameters())
        #expect(
            report.hint == "the file answers 1000 classes and the model 2: take the backbone only, or 1000 classes")
    }

    @Test func comparesAFilesEntries() throws {
        let file = try WeightFile(path: Fixtures.path("weights/compressed.npz"))
        let report = LoadReport(file.entries, for: try parameters()) { "features.0.\($0)" }
        #expect(report.mismatched.map(\.name) == ["features.0.weight", "features.0.bias"])
        #expect(report.mismatched.map(\.found) == [[2, 3], [3]])
        #expect(report.missing == ["classifier.1.weight", "classifier.1.bias"])
        try LoadReport(state(exact + [("more", [1])]), for: try parameters()).check(file: "f", allowingUnexpected: true)
    }
}
