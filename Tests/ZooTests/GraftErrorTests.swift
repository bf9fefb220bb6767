import Testing
import Zoo

struct ExplainedErrorTests {
    @Test func `the line holds every fact in order`() {
        var error = GraftError(
            .invalidValue, "wrong", file: "a.npz", parameter: "p", expected: "1", found: "2", remedy: "mend it")
        error.context.member = "m.npy"
        #expect(error.description == "a.npz: m.npy: p: wrong: expected 1, found 2; mend it")
        error.context.found = nil
        #expect(error.description == "a.npz: m.npy: p: wrong: expected 1; mend it")
        error.context.expected = nil
        error.context.found = "2"
        #expect(error.description == "a.npz: m.npy: p: wrong: found 2; mend it")
        #expect(GraftError(.weights, "alone").description == "alone")
    }

    @Test func `names from files cannot break or disguise the line`() {
        let error = GraftError(.weights, "wrong", file: "a\nb\r\u{1B}[31m\u{202E}\u{2028}é\u{0}.npz")
        #expect(
            error.description == #"a\x0Ab\x0D\x1B[31m\xE2\x80\xAE\xE2\x80\xA8é\x00.npz: wrong"#)
    }
}

struct TensorTests {
    @Test func `a shape must fit the values`() {
        #expect(
            message { try Tensor(shape: [2, 3], elements: [1, 2]) }
                == "a tensor's shape does not fit its values: expected 2x3 values, found 2")
        #expect(message { try Tensor(shape: [-1], elements: []) }.contains("expected -1 values, found 0"))
        #expect(Tensor.count(of: [.max, 2]) == nil)
        #expect(Tensor.count(of: [4, 0]) == 0)
        #expect(Tensor.count(of: []) == 1)
        #expect(Tensor.describe([]) == "scalar")
    }
}

struct StateDictTests {
    @Test func `names keep the order in which they came`() {
        var state = StateDict()
        for (index, name) in ["c", "a", "b"].enumerated() {
            state[name] = Tensor(shape: [index + 1])
        }
        state["c"] = Tensor(shape: [5])
        #expect(state.names == ["c", "a", "b"])
        #expect(state.elementCount == 10)
        state["a"] = nil
        state["z"] = nil
        #expect(state.names == ["c", "b"])
        let renamed = state.renamed { $0 == "b" ? nil : "new.\($0)" }
        #expect(renamed.names == ["new.c"])
        #expect(renamed["new.c"]?.shape == [5])
    }
}
