import TestSupport
import Testing
import Weights
import Zoo

@Suite struct NPZTests {
    let scratch: ScratchDirectory

    init() throws { scratch = try ScratchDirectory() }

    /// The values of `make.py`'s arrays.
    private func ramp(_ count: Int) -> [Float] { (0..<count).map { (Float($0) - 5) / 4 } }

    @Test func readsEveryTypeThatNumPyWrites() throws {
        let file = try WeightFile(path: Fixtures.path("weights/plain.npz"))
        #expect(file.format == .npz)
        #expect(file.metadata == nil)
        let expected: [(name: String, shape: [Int], dtype: DType, values: [Float])] = [
            ("features.0.weight", [2, 3, 4], .float32, ramp(24)), ("scalar", [], .float32, [0.5]),
            ("empty", [0, 3], .float32, []), ("float16", [7], .float16, ramp(7)), ("float64", [7], .float64, ramp(7)),
            ("int64", [7], .int64, [-3, -2, -1, 0, 1, 2, 3]), ("int32", [7], .int32, [-3, -2, -1, 0, 1, 2, 3]),
            ("uint8", [6], .uint8, [250, 251, 252, 253, 254, 255]), ("bool", [3], .bool, [1, 0, 1]),
            ("fortran2", [3, 4], .float32, ramp(12)), ("fortran3", [2, 3, 4], .float64, ramp(24)),
        ]
        #expect(file.entries.map(\.name) == expected.map(\.name))
        #expect(file.entries.map(\.shape) == expected.map(\.shape))
        #expect(file.entries.map(\.dtype) == expected.map(\.dtype))
        #expect(file.entries.map(\.byteCount) == expected.map { $0.values.count * $0.dtype.size })
        let state = try file.load()
        #expect(state.names == expected.map(\.name))
        for tensor in expected {
            #expect(state[tensor.name] == (try Tensor(shape: tensor.shape, elements: tensor.values)), "\(tensor.name)")
        }
    }

    @Test(arguments: ["compressed", "streamed"])
    func readsCompressedArchives(name: String) throws {
        let state = try WeightFile(path: Fixtures.path("weights/\(name).npz")).load()
        #expect(state.names == ["weight", "bias"])
        #expect(state["weight"] == (try Tensor(shape: [2, 3], elements: ramp(6))))
        #expect(state["bias"] == (try Tensor(shape: [3], elements: ramp(3))))
    }

    @Test func readsTheSecondVersionOfTheHeader() throws {
        let state = try WeightFile(path: Fixtures.path("weights/version2.npz")).load()
        #expect(state["weight"] == (try Tensor(shape: [2, 3], elements: ramp(6))))
    }

    @Test func convertsHalvesAsNumPyDoes() throws {
        let state = try WeightFile(path: Fixtures.path("weights/halves.npz")).load()
        let half = try #require(state["half"]).elements
        let single = try #require(state["single"]).elements
        #expect(half.count > 9000)
        #expect(half.map(\.bitPattern) == single.map(\.bitPattern))
    }

    @Test(arguments: [
        (
            "object",
            "weight.npy: an array of a type that is not read: expected one of <f2, <f4, <f8, <i2, <i4, <i8, <u2, <u4, <u8, "
                + "|b1, |i1, |u1, found '|O'; Python objects are never read: save it with .astype('float32')"
        ),
        (
            "record",
            "weight.npy: an array of a type that is not read: expected one of <f2, <f4, <f8, <i2, <i4, <i8, <u2, <u4, <u8, "
                + "|b1, |i1, |u1, found 'a record'; save it with .astype('float32')"
        ),
        (
            "text",
            "weight.npy: an array of a type that is not read: expected one of <f2, <f4, <f8, <i2, <i4, <i8, <u2, <u4, <u8, "
                + "|b1, |i1, |u1, found '<U5'; save it with .astype('float32')"
        ),
        ("nan", "weight: the tensor has a value that is not finite: found nan at index 1"),
        ("inf", "weight: the tensor has a value that is not finite: found -inf at index 2"),
        ("large_int", "weight: the tensor has a value that float32 cannot hold: found 16777217 (int64) at index 1"),
        ("large_double", "weight: the tensor has a value that float32 cannot hold: found 1e+39 (float64) at index 1"),
    ])
    func refusesOtherArrays(name: String, message: String) {
        let path = Fixtures.path("weights/refused_\(name).npz")
        #expect(line { _ = try WeightFile(path: path).load() } == "\(path): \(message)")
    }

    @Test func renamesAndLeavesOut() throws {
        let file = try WeightFile(path: Fixtures.path("weights/compressed.npz"))
        #expect(try file.load { $0 == "bias" ? nil : "head.\($0)" }.names == ["head.weight"])
        #expect(
            line { _ = try file.load { _ in "x" } }
                == "\(file.path): 'weight' and 'bias' would both be named 'x'")
    }

    @Test func saysWhatAFileIsInstead() throws {
        func found(_ bytes: [UInt8]) -> String {
            line(in: scratch) { _ = try WeightFile(path: scratch.write(bytes, to: "x.npz")) }
        }
        let start =
            "x.npz: not a file of weights: expected an .npz, a PyTorch checkpoint (.pth, .pt) or a .safetensors file, found "
        #expect(found([]) == start + "an empty file")
        #expect(found(Array("epochs: 5\n".utf8)) == start + "a text file")
        #expect(found(Array("<!DOCTYPE html>".utf8)) == start + "a web page")
        #expect(
            found(Array("version https://git-lfs.github.com".utf8)) == start + "a Git LFS pointer, not the file itself")
        #expect(found([0x93] + Array("NUMPY".utf8)) == start + "a single .npy array")
        #expect(found([1, 2, 3]) == start + "something else")
        #expect(found(RawZip([.init("a.txt")]).bytes) == start + "a zip archive without .npy members or a data.pkl")
        #expect(
            found(RawZip([.init("a.npy"), .init("b.txt")]).bytes)
                == "x.npz: a.npy: not a .npy array: it is too short")
    }

    private func header(_ text: String, version: UInt8 = 1, values: Int = 0) -> String {
        let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + le(UInt16(text.utf8.count)) + Array(text.utf8)
        return line(in: scratch) {
            let zip = RawZip([.init("w.npy", bytes + [UInt8](repeating: 0, count: values))])
            _ = try WeightFile(path: scratch.write(zip.bytes, to: "x.npz")).load()
        }
    }

    @Test func understandsHeadersExactly() {
        #expect(header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", values: 8) == "no error")
        #expect(header("{\"shape\":(2L,1),\"descr\":\"<f4\",\"fortran_order\":True}", values: 8) == "no error")
        for text in [
            "", "{}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)", "{'descr': '<f4', 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': 2}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", "{'descr': '<f4",
        ] {
            #expect(header(text, values: 8) == "x.npz: w.npy: the array's header cannot be understood: found \(text)")
        }
        let shape = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"
        #expect(
            header(shape, values: 23)
                == "x.npz: w.npy: the array's shape does not fit its length: expected 24 bytes for 2x3, found 23")
        #expect(
            header("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}")
                == "x.npz: w: an impossible shape: found [4611686018427387904, 4]")
        #expect(
            header(shape, version: 4) == "x.npz: w.npy: a .npy array of another version: expected 1, 2 or 3, found 4")
        #expect(
            header(String(repeating: " ", count: 20000))
                == "x.npz: w.npy: the array's header is too long: expected at most 16384 bytes, found 20000")
    }
}
