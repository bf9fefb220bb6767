import Foundation
import Serving
import Testing
import Zoo

/// Damaged requests of every kind that the server reads: each is refused with a fault of the client's, or read.
@Suite(.serialized) struct HostileRequestTests {
    private static let count =
        ProcessInfo.processInfo.environment["GRAFT_MUTANTS"].flatMap { Int($0) } ?? Mutator.defaultCount

    private func attack(
        _ kind: String, _ originals: [[UInt8]], refusing: Bool = true, read: ([UInt8], Int) throws -> Void
    ) {
        var refused = 0
        for number in 0..<Self.count {
            var mutator = Mutator(seed: 11, number: number)
            let mutant = mutator.mutate(originals[number % originals.count])
            do {
                try read(mutant, number % originals.count)
            } catch let error as GraftError {
                refused += 1
                #expect((400...499).contains(error.status), "\(kind) \(number): \(error)")
                #expect(!error.answer.contains("\n"), "\(kind) \(number): \(error)")
            } catch {
                Issue.record("\(kind), mutant \(number): not a typed error: \(error)")
            }
        }
        #expect(!refusing || refused > Self.count / 20, "\(kind): \(refused) of \(Self.count) refused")
    }

    @Test(.timeLimit(.minutes(10))) func json() {
        let originals = [
            #"{"id":"a","parameters":{"timeout":12,"binary_data_output":true},"inputs":[{"name":"input","shape":[1,2,2,3],"datatype":"FP32","data":[[[[1,2,3],[4,5,6]],[[7,8,9],[-1.5e-3,0.1,12]]]]}],"outputs":[{"name":"probabilities","parameters":{"classification":3,"binary_data":false}}]}"#,
            #"{"inputs":[{"name":"image","shape":[2],"datatype":"BYTES","data":["aGVsbG8=","\u00e9\ud83d\ude00\n"]}]}"#,
        ].map { Array($0.utf8) }
        attack("json", originals) { bytes, _ in
            let value = try JSONReader.read(bytes[...])
            #expect(try JSONReader.read(value.bytes[...]) == value)
            _ = try InferenceRequest(bytes, headerLength: nil)
        }
    }

    /// CVE-2025-23310 and its kin: sizes within a request that are believed.
    @Test(.timeLimit(.minutes(10))) func binaryTensors() {
        let elements = BytesTensor.join([[1, 2, 3], [], [UInt8](repeating: 9, count: 40)])
        let head = Array(
            #"{"inputs":[{"name":"image","shape":[3],"datatype":"BYTES","parameters":{"binary_data_size":\#(elements.count)}},{"name":"input","shape":[2,2],"datatype":"FP32","parameters":{"binary_data_size":16}}]}"#
                .utf8)
        let floats = FloatTensor.bytes([1, 2, 3, 4])
        attack("binary", [head + elements + floats]) { bytes, _ in
            let request = try InferenceRequest(bytes, headerLength: head.count)
            for input in request.inputs {
                switch input.content {
                case .bytes(let bytes): #expect(bytes.count == input.shape.reduce(1, *))
                case .floats(let floats): #expect(floats.count == input.shape.reduce(1, *))
                }
            }
        }
        // The framing alone: most of the mutants above spoil the JSON.
        attack("elements", [elements]) { bytes, _ in
            let found = try BytesTensor.split(bytes[...], count: 3, name: "image")
            #expect(BytesTensor.join(found) == bytes)
        }
    }

    @Test(.timeLimit(.minutes(10))) func forms() {
        let form = """
            --line\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\
            some bytes\r\n with lines\r\n--line\r\nContent-Disposition: form-data; name=g\r\n\r\n\r\n--line--\r\n
            """
        attack("multipart", [Array(form.utf8)]) { bytes, _ in
            let parts = try Multipart.read(bytes[...], boundary: Array("line".utf8))
            #expect(parts.allSatisfy { $0.content.count < bytes.count })
        }
        let types = ["multipart/form-data; boundary=line", "multipart/form-data; charset=\"a;b\"; boundary=\"x\\\"y\""]
        attack("content type", types.map { Array($0.utf8) }, refusing: false) { bytes, _ in
            _ = Multipart.boundary(of: String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test(.timeLimit(.minutes(10))) func codings() throws {
        let body = Array(String(repeating: "a body of some length, ", count: 40).utf8)
        for coding in ContentCoding.allCases {
            let packed = try #require(coding.encode(body))
            attack("\(coding)", [packed]) { bytes, _ in
                // Protected by a checksum: what is read is what was written.
                let found = try coding.decode(bytes, limit: 4096)
                #expect(found == body)
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func targets() {
        let targets = ["/v2/models/food%20one/versions/1/infer?a=%41+b&c", "/learn/picture?id=3f", "/page/app.js"]
        attack("target", targets.map { Array($0.utf8) }) { bytes, _ in
            guard let (path, _) = URLText.split(String(decoding: bytes, as: UTF8.self)) else { return }
            let route = try Route.find(method: "GET", path: path)
            if case .page(let name) = route { #expect(!name.contains("/")) }
        }
    }
}
