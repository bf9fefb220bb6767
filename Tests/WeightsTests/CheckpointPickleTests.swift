import Testing
import Weights
import Zoo

/// Pickles that PyTorch does not write any more, or never did.
@Suite struct CheckpointPickleTests {
    private typealias P = PickleBytes
    private static let six: [(key: String, values: [Float])] = [("s", [0, 1, 2, 3, 4, 5])]

    private func load(_ checkpoint: RawCheckpoint) throws -> StateDict {
        let directory = try ScratchDirectory()
        return try WeightFile(path: directory.write(checkpoint.bytes, to: "f")).load()
    }

    private func refusal(_ checkpoint: RawCheckpoint) throws -> String {
        let directory = try ScratchDirectory()
        let path = try directory.write(checkpoint.bytes, to: "f")
        return line(in: directory) { _ = try WeightFile(path: path).load() }
    }

    /// One tensor `a` of the six values.
    private func one(
        offset: Int = 0, shape: [Int], strides: [Int], count: Int = 6, view: (String, Int, Int)? = nil
    ) -> RawCheckpoint {
        let tensor = P.tensor("s", count, offset: offset, shape: shape, strides: strides, view: view)
        return RawCheckpoint(object: P.dict([("a", tensor)]), storages: Self.six)
    }

    @Test func views() throws {
        #expect(try load(one(offset: 1, shape: [2, 2], strides: [3, 1]))["a"]?.elements == [1, 2, 4, 5])
        #expect(try load(one(shape: [3, 2], strides: [1, 3]))["a"]?.elements == [0, 3, 1, 4, 2, 5])
        #expect(try load(one(offset: 5, shape: [1, 1], strides: [999, 7]))["a"]?.elements == [5])
        #expect(try load(one(offset: 6, shape: [0], strides: [1]))["a"]?.elements == [])
        // Before PyTorch 0.4, storages could be views themselves.
        #expect(try load(one(offset: 1, shape: [2], strides: [1], view: ("v", 2, 3)))["a"]?.elements == [3, 4])
    }

    @Test(arguments: [
        (0, [7], [1]), (6, [1], [1]), (7, [0], [1]), (0, [2, 3], [4, 1]), (0, [2], [6]), (3, [2], [3]),
        (0, [3, 3], [Int.max / 2, 1]), (Int.max, [2], [1]), (0, [2, 2, 2, 2], [Int.max, Int.max, Int.max, Int.max]),
    ])
    func viewsBeyondTheStorage(offset: Int, shape: [Int], strides: [Int]) throws {
        #expect(
            try refusal(one(offset: offset, shape: shape, strides: strides))
                == "f: a: the tensor reaches beyond its storage: expected at most 6 values, found shape \(shape), strides "
                + "\(strides) from \(offset)")
    }

    @Test func storageViewsOutside() throws {
        #expect(
            try refusal(one(shape: [1], strides: [1], view: ("v", 4, 3))).hasSuffix(
                "storage 's' has a view outside of itself"))
        // Inside the storage, but not inside the view.
        #expect(
            try refusal(one(shape: [4], strides: [1], view: ("v", 2, 3)))
                == "f: a: the tensor reaches beyond its storage: expected at most 3 values, found shape [4], strides [1] "
                + "from 0")
    }

    @Test func sizesThatTheFileCannotExplain() throws {
        #expect(
            try refusal(one(shape: [1 << 40], strides: [0]))
                == "f: a: the tensors have far more values than the file has bytes: found 1099511627776 values")
        #expect(
            try refusal(one(shape: [1 << 40, 1 << 40], strides: [0, 0]))
                == "f: a: an impossible shape: found [1099511627776, 1099511627776]")
        #expect(
            try refusal(one(shape: [1], strides: [1], count: 7))
                == "f: s: a storage has another length than the checkpoint says: expected 7 values, found 6")
        #expect(
            try refusal(one(shape: [-1], strides: [1])).hasSuffix("a tensor with a shape that makes no sense"))
        var wide = one(shape: [1], strides: [1])
        wide.object = P.dict([
            ("a", P.tensor("s", 6, shape: [6], strides: [1])),
            ("b", P.tensor("s", 6, shape: [6], strides: [1], type: "DoubleStorage")),
        ])
        #expect(
            try refusal(wide).hasSuffix("storage 's' is described in two ways: expected 6 x float32, found 6 x float64")
        )
    }

    @Test func namesOfPython2() throws {
        let name: [UInt8] = [0x55, 1] + Array("a".utf8)
        let pair = [0x5D, 0x28] + name + P.tensor("s", 6, shape: [6], strides: [1]) + [0x65]
        let ordered = P.global("collections", "OrderedDict") + P.tuple([[0x5D] + pair + [0x61]]) + [0x52]
        #expect(try load(RawCheckpoint(object: ordered, storages: Self.six))["a"]?.elements == [0, 1, 2, 3, 4, 5])
    }

    @Test func aMillionTuplesInEachOther() throws {
        let deep = [0x4E] + [UInt8](repeating: 0x85, count: 900_000)
        #expect(
            try refusal(RawCheckpoint(object: deep)).hasSuffix(
                "dict of names and tensors, found a tuple; "
                    + "save them with torch.save(model.state_dict(), FILE)"))
        let deeper = [0x4E] + [UInt8](repeating: 0x85, count: 1_100_000)
        #expect(
            try refusal(RawCheckpoint(object: deeper)).hasSuffix("the pickle is too large: more than 1000000 objects"))
    }

    /// Every key leads back to the dict itself: a search without memory would never end.
    @Test func aDictInItself() throws {
        var object: [UInt8] = [0x7D, 0x71, 0]
        for index in 0..<1000 { object += P.text("\(index)") + [0x68, 0, 0x73] }
        #expect(
            try refusal(RawCheckpoint(object: object)).hasPrefix(
                "f: the checkpoint does not hold tensors: expected a dict of names and tensors, found a dict of '0', '1'"
            ))
        // Beside a tensor further down, the loop is no way and no obstacle.
        object = [0x7D, 0x71, 0] + P.text("model") + [0x68, 0, 0x73]
        object += P.text("x") + P.dict([("a", P.tensor("s", 6, shape: [6], strides: [1]))]) + [0x73]
        #expect(try load(RawCheckpoint(object: object, storages: Self.six)).names == ["a"])
    }

    /// One list of pairs given to OrderedDict again and again, five bytes each time.
    @Test func manyCopiesOfOneList() throws {
        var object: [UInt8] = [0x4E, 0x4E, 0x86, 0x71, 0, 0x5D, 0x28]
        for _ in 0..<20_000 { object += [0x68, 0] }
        object += [0x65, 0x85, 0x71, 1] + P.global("collections", "OrderedDict") + [0x71, 2]
        for _ in 0..<1000 { object += [0x68, 2, 0x68, 1, 0x52] }
        #expect(
            try refusal(RawCheckpoint(object: object)).hasSuffix("the pickle is too large: more than 1000000 pairs"))
    }

    @Test(
        arguments: [
            ([0x52], "an instruction without its values"), ([0x74], "an instruction without its mark"),
            ([0x28, 0x85], "an instruction without its values"),
            ([0x68, 9], "a value is used that was not remembered: found 9"),
            ([0x4E, 0x4E], "the pickle does not end in one value: found 2"),
            ([0x58, 0xFF, 0xFF, 0xFF, 0x7F], "the pickle is too large: more than 1048576 bytes in one text"),
            ([0x58, 1, 0, 0, 0, 0xFF], "a text that is not UTF-8"),
            ([0x95, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], "a length beyond the pickle's end"),
            ([0x4E, 0x4E, 0x52], "a call of None with None"),
            ([0x4E, 0x51], "a reference to something else than a storage"),
            ([0x5D, 0x4E, 0x73], "an instruction without its values"),
            ([0x4E, 0x4E, 0x61], "a value is appended to something else than a list"),
            (
                [0x4E, 0x7D, 0x62],
                "the pickle sets the attributes of None, which building tensors does not need; nothing was "
                    + "executed; save the tensors alone: torch.save(model.state_dict(), FILE)"
            ),
        ] as [([UInt8], String)])
    func nonsense(object: [UInt8], text: String) throws {
        #expect(try refusal(RawCheckpoint(object: object)).hasSuffix(": " + text))
    }
}
