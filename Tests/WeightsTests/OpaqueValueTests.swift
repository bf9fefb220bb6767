import TestSupport
import Testing
import Weights
import Zoo

/// Pickles that ask for objects: whatever they do with them, nothing is built, called or looked up.
@Suite struct OpaqueValueTests {
    private typealias P = PickleBytes
    private static let six: [(key: String, values: [Float])] = [("s", [0, 1, 2, 3, 4, 5])]
    private static let tensor = P.tensor("s", 6, shape: [6], strides: [1])
    /// `evil.Thing()`
    private static let object = P.global("evil", "Thing") + P.tuple([]) + [0x52]

    /// A dict of the tensor `a` and one more value.
    private func beside(_ value: [UInt8]) -> RawCheckpoint {
        RawCheckpoint(object: P.dict([("a", Self.tensor), ("x", value)]), storages: Self.six)
    }

    private func open(_ checkpoint: RawCheckpoint) throws -> WeightFile {
        let directory = try ScratchDirectory()
        let file = try WeightFile(path: directory.write(checkpoint.bytes, to: "f"))
        #expect(try file.load()["a"]?.elements == [0, 1, 2, 3, 4, 5])
        return file
    }

    private func refusal(_ checkpoint: RawCheckpoint) throws -> String {
        let directory = try ScratchDirectory()
        let path = try directory.write(checkpoint.bytes, to: "f")
        return line(in: directory) { _ = try WeightFile(path: path).load() }
    }

    /// Every way in which Python makes an object, and fills it.
    @Test(
        arguments: [
            object,
            P.global("evil", "Thing") + P.tuple([P.int(1), P.text("x")]) + [0x81],
            P.global("evil", "Thing") + P.tuple([]) + P.dict([("key", P.int(1))]) + [0x92],
            [0x28] + P.global("evil", "Thing") + P.int(1) + [0x6F],
            P.text("evil") + P.text("Thing") + [0x93] + P.tuple([]) + [0x52],
            object + P.dict([("state", P.int(1))]) + [0x62],
            object + P.int(7) + [0x62],
            object + object + [0x62],
            object + [0x28] + P.text("k") + object + [0x75],
            object + [0x28] + P.int(1) + P.int(2) + [0x65],
            object + P.int(1) + [0x61],
        ] as [[UInt8]])
    func objects(value: [UInt8]) throws {
        let file = try open(beside(value))
        #expect(file.opaque == [OpaqueValue(path: "x", type: "evil.Thing")])
        #expect(file.entries.map(\.name) == ["a"])
        #expect(file.notes == ["left out, not tensors: 'x'"])
    }

    @Test func namesAreNotObjects() throws {
        #expect(try open(beside(P.global("evil", "Thing"))).opaque == [])
    }

    /// As a tensor, a storage, a shape, a key, a call.
    @Test func objectsAreNoTensors() throws {
        let rebuild = P.global("torch._utils", "_rebuild_tensor")
        let shape = P.tuple([P.int(6)])
        let storage =
            P.tuple([
                P.text("storage"), P.global("torch", "FloatStorage"), P.text("s"), P.text("cpu"), P.int(6), [0x4E],
            ])
            + [0x51]
        for arguments in [
            P.tuple([Self.object, P.int(0), shape, P.tuple([P.int(1)])]),
            P.tuple([storage, Self.object, shape, P.tuple([P.int(1)])]),
            P.tuple([storage, P.int(0), Self.object, P.tuple([P.int(1)])]),
            P.tuple([storage, P.int(0), shape, Self.object]),
        ] {
            let line = try refusal(
                RawCheckpoint(object: P.dict([("a", rebuild + arguments + [0x52])]), storages: Self.six))
            #expect(line.hasSuffix("a tensor with a shape that makes no sense"), "\(line)")
        }
        #expect(
            try refusal(beside(Self.object + P.tuple([]) + [0x52])).hasSuffix(
                "a call of an object of 'evil.Thing', which is never built with a tuple"))
        #expect(
            try refusal(beside(P.global("evil", "Thing") + Self.object + [0x52])).hasSuffix(
                "a call of the name 'evil.Thing' with an object that is not built"))
        #expect(
            try refusal(
                beside(P.tuple([P.text("storage"), Self.object, P.text("s"), P.text("cpu"), P.int(6)]) + [0x51])
            )
            .hasSuffix("a reference to something else than a storage"))
        #expect(
            try refusal(
                beside(
                    P.global("torch._utils", "_rebuild_parameter") + P.tuple([Self.object, [0x89], [0x7D]]) + [0x52])
            )
            .hasSuffix("a call of torch._utils._rebuild_parameter with arguments that do not fit"))
        #expect(
            try refusal(RawCheckpoint(object: Self.object))
                == "f: the checkpoint does not hold named tensors: expected a dict of names and tensors, found an object of "
                + "'evil.Thing', which is never built; save them with torch.save(model.state_dict(), FILE)")
        // Where a tensor is expected by name, an object is none.
        let named = try open(beside(Self.object))
        #expect(named.entries.count == 1)
    }

    /// Tensors inside of an object are its own matter.
    @Test func whatIsInAnObjectStaysThere() throws {
        let inside = Self.object + P.dict([("b", Self.tensor)]) + [0x62]
        #expect(try open(beside(inside)).entries.map(\.name) == ["a"])
    }

    @Test func tenThousandObjectsInEachOther() throws {
        var deep = Self.object
        for _ in 0..<10_000 { deep = P.global("evil", "Thing") + [0x28] + deep + [0x74, 0x52] }
        #expect(try open(beside(deep)).opaque.count == 1)
        var filled: [UInt8] = []
        for _ in 0..<10_000 { filled += Self.object + [0x7D] + P.text("k") }
        filled += [0x4E] + [UInt8]([0x73, 0x62].repeated(10_000))
        #expect(try open(beside(filled)).opaque.count == 1)
        var lists: [UInt8] = [UInt8](repeating: 0x5D, count: 10_000) + Self.object
        lists += [UInt8](repeating: 0x61, count: 10_000)
        #expect(try open(beside(lists)).opaque.count == 0)
    }

    /// A value that doubles with every mention, if it is followed instead of remembered.
    @Test func memoBombs() throws {
        var tuples: [UInt8] = Self.object + [0x71, 0]
        for index in 1...200 {
            tuples += [0x30, 0x68, UInt8(index - 1), 0x68, UInt8(index - 1), 0x86, 0x71, UInt8(index)]
        }
        #expect(try open(beside(tuples)).opaque.count == 0)
        var objects: [UInt8] = Self.object + [0x71, 0]
        for index in 1...200 {
            objects += [0x30] + P.global("evil", "Thing")
            objects += [0x28, 0x68, UInt8(index - 1), 0x68, UInt8(index - 1), 0x74, 0x52, 0x71, UInt8(index)]
        }
        #expect(try open(beside(objects)).opaque.count == 1)
        var dicts: [UInt8] = P.dict([("t", Self.tensor)]) + [0x71, 0]
        for index in 1...200 {
            dicts += [0x30, 0x7D, 0x71, UInt8(index)]
            for key in 0..<3 { dicts += P.text("\(key)") + [0x68, UInt8(index - 1), 0x73] }
        }
        #expect(try open(beside(dicts)).sets.count == 1)
        // The same object in a list a hundred thousand times is one object.
        var list: [UInt8] = Self.object + [0x71, 0, 0x30, 0x5D, 0x28]
        for _ in 0..<100_000 { list += [0x68, 0] }
        #expect(try open(beside(list + [0x65])).opaque == [OpaqueValue(path: "x.…", type: "evil.Thing")])
    }

    /// What only an attack asks for is refused by name, though it could do nothing.
    @Test(arguments: [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"), ("sys", "exit"),
        ("builtins", "eval"), ("__builtin__", "eval"), ("builtins", "exec"), ("runpy", "_run_code"),
        ("importlib", "import_module"), ("os.path", "join"),
    ])
    func attacksAreNamed(module: String, name: String) throws {
        let line = try refusal(beside(P.global(module, name) + P.tuple([P.text("touch x")]) + [0x52]))
        #expect(
            line.hasSuffix(
                "the pickle asks for '\(module).\(name)', which building tensors does not need; nothing was executed; "
                    + "save the tensors alone: torch.save(model.state_dict(), FILE)"), "\(line)")
    }

    @Test(
        arguments: [
            ([0x82, 1], "EXT1 (0x82)"), ([0x49, 0x31, 0x0A], "INT (0x49)"), ([0x97], "NEXT_BUFFER (0x97)"),
            ([0x69] + Array("os\nsystem\n".utf8), "INST (0x69)"),
        ] as [([UInt8], String)])
    func instructionsThatAreNotObeyed(value: [UInt8], name: String) throws {
        #expect(try refusal(beside(value)).contains("the pickle uses the instruction \(name)"))
    }

    @Test func valuesMoveAbout() throws {
        // POP, POP_MARK, DUP and the longer forms of texts, bytes and numbers.
        for value in [
            [0x4E, 0x4E, 0x30], [0x28, 0x4E, 0x4E, 0x31, 0x4E], [0x4E, 0x32, 0x86], [0x8B, 2, 0, 0, 0, 1, 2],
            [0x8D, 1, 0, 0, 0, 0, 0, 0, 0, 0x61], [0x8E, 2, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFE], [0x43, 1, 0xFF],
            [0x42, 1, 0, 0, 0, 0xFF], [0x96, 1, 0, 0, 0, 0, 0, 0, 0, 0xFF], [0x55, 1, 0xFF], [0x28, 0x4E, 0x91],
            [0x8F, 0x28, 0x4E, 0x90],
        ] as [[UInt8]] {
            #expect(try open(beside(value)).opaque == [])
        }
        #expect(try refusal(beside([0x8E, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0])).hasSuffix("the pickle ends too early"))
        #expect(
            try refusal(beside([0x30, 0x30, 0x30, 0x30, 0x30, 0x30])).hasSuffix("an instruction without its values"))
    }
}

extension Array {
    fileprivate func repeated(_ count: Int) -> [Element] { (0..<count).flatMap { _ in self } }
}
