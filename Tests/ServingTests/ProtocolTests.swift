import Foundation
import Serving
import Testing
import Weights
import Zoo

@Suite struct ProtocolTests {
    private func request(_ json: String, binary: [UInt8] = [], length: Int? = nil) throws -> InferenceRequest {
        let head = Array(json.utf8)
        return try InferenceRequest(
            head + binary, headerLength: binary.isEmpty && length == nil ? nil : length ?? head.count)
    }

    @Test func jsonTensors() throws {
        let flat = try request(
            #"{"id":"7","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[1,2,3,4]}]}"#)
        #expect(flat.id == "7")
        #expect(flat.outputs == nil && !flat.hasBinaryOutputs)
        #expect(flat.inputs[0].content == .floats([1, 2, 3, 4]))
        let nested = try request(
            #"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3,4]]}]}"#)
        #expect(nested.inputs[0] == flat.inputs[0])
        let text = try request(
            #"{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","data":["AAE=","/w==",""]}]}"#)
        #expect(text.inputs[0].content == .bytes([[0, 1], [255], []]))
    }

    @Test func binaryTensors() throws {
        let floats = FloatTensor.bytes([1, -2, 0.1])
        let bytes = BytesTensor.join([[1, 2, 3], []])
        #expect(bytes == [3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0])
        let found = try request(
            """
            {"inputs":[{"name":"a","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}},
            {"name":"b","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}],
            "outputs":[{"name":"p","parameters":{"classification":2,"binary_data":false}}],
            "parameters":{"binary_data_output":true,"timeout":5}}
            """, binary: floats + bytes)
        #expect(found.inputs[0].content == .floats([1, -2, 0.1]))
        #expect(found.inputs[1].content == .bytes([[1, 2, 3], []]))
        #expect(found.outputs?.first?.classes == 2 && found.outputs?.first?.isBinary == false)
        #expect(found.hasBinaryOutputs && found.timeout == 5)
    }

    @Test(arguments: [
        "{}", "[]", "1", #"{"inputs":[]}"#, #"{"inputs":{}}"#, #"{"inputs":[1]}"#, #"{"inputs":[{"name":"x"}]}"#,
        #"{"inputs":[{"name":"x","shape":[],"datatype":"FP32","data":[]}]}"#,
        #"{"inputs":[{"name":"x","shape":[-1],"datatype":"FP32","data":[]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1.5],"datatype":"FP32","data":[1]}]}"#,
        #"{"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1]}]}"#,
        #"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2],[3]]}]}"#,
        #"{"inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1],[2],[3],[4]]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":["a"]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1e39]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[1]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":["?"]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","data":[1]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":-4}}]}"#,
        #"{"inputs":[{"name":"x","shape":[4294967296,4294967296],"datatype":"FP32","data":[]}]}"#,
        #"{"inputs":[{"name":"x","shape":[9223372036854775807,2],"datatype":"BYTES","data":[]}]}"#,
        #"{"inputs":[{"name":"x","shape":[65536,65536,65536,65536],"datatype":"FP32","data":[]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]},{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"shared_memory_region":"r"}}]}"#,
        #"{"id":7,"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        #"{"parameters":{"timeout":0},"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#,
        #"{"outputs":[{}],"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1]}]}"#,
    ])
    func refusals(_ json: String) {
        #expect { try request(json) } throws: { ($0 as? GraftError)?.status == 400 }
    }

    @Test func binaryRefusals() {
        let json = #"{"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}"#
        for (binary, length) in [
            ([UInt8](repeating: 0, count: 3), nil), ([0, 0, 0, 0, 0], nil), ([0, 0, 0x80, 0x7F], nil),
            ([0, 0, 0, 0], 1 << 40), ([0, 0, 0, 0], 0),
        ] as [([UInt8], Int?)] {
            #expect { try request(json, binary: binary, length: length) } throws: { ($0 as? GraftError)?.status == 400 }
        }
        let bytes = #"{"inputs":[{"name":"x","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":4}}]}"#
        for binary: [UInt8] in [[1, 0, 0, 0], [255, 255, 255, 255], [0, 0, 0]] {
            #expect { try request(bytes, binary: binary) } throws: { ($0 as? GraftError)?.status == 400 }
        }
    }

    @Test func answers() throws {
        let answer = InferenceAnswer(
            model: "m", version: "1", id: nil,
            outputs: [
                .init(name: "p", shape: [1, 2], content: .floats([0.25, 0.75]), isBinary: false),
                .init(name: "q", shape: [1, 1], content: .floats([1]), isBinary: true),
                .init(name: "r", shape: [1, 1], content: .texts(["0.5:1:b"]), isBinary: true),
            ])
        let (body, length) = answer.encoded
        let head = try JSONReader.read(body[..<(length ?? 0)])
        #expect(head["outputs"]?.elements?[0]["data"] == .numbers([0.25, 0.75]))
        #expect(head["outputs"]?.elements?[1]["parameters"]?["binary_data_size"] == 4)
        #expect(Array(body.dropFirst(length ?? 0)) == [0, 0, 0x80, 0x3F, 7, 0, 0, 0] + Array("0.5:1:b".utf8))
    }

    @Test func classification() {
        let values: [Float] = [0.1, 0.5, 0.5, -3]
        #expect(
            Classification.top(9, of: values, classes: ["a", "b", "c", "d:e"])
                == ["0.500000:1:b", "0.500000:2:c", "0.100000:0:a", "-3.000000:3:d:e"])
        #expect(Classification.top(1, of: [1e-7, 0.0000005], classes: []) == ["0.000000:1"])
        // C's printf has the same digits.
        var draw = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            let value = Float.random(in: -2...2, using: &draw)
            #expect(Classification.top(1, of: [value], classes: []) == ["\(String(format: "%f", value)):0"])
        }
    }

    @Test func base64() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 37) }
            #expect(Base64.decode(Data(bytes).base64EncodedString()) == bytes)
        }
        for text in ["A", "AA", "AAA", "A===", "====", "AB==", "AAB=", "AA=A", "A A=", "AA-_", "AAAA="] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
    }

    @Test func contentCodings() throws {
        let body = [UInt8](repeating: 7, count: 100_000) + Array("end".utf8)
        for coding in ContentCoding.allCases {
            let packed = try #require(coding.encode(body))
            #expect(try coding.decode(packed, limit: body.count) == body)
            #expect { try coding.decode(packed, limit: body.count - 1) } throws: { ($0 as? GraftError)?.status == 413 }
            #expect { try coding.decode(packed.dropLast(), limit: 1 << 20) } throws: {
                ($0 as? GraftError)?.status == 400
            }
            #expect { try coding.decode(packed + [0], limit: 1 << 20) } throws: { ($0 as? GraftError)?.status == 400 }
            #expect { try coding.decode([], limit: 1 << 20) } throws: { ($0 as? GraftError)?.status == 400 }
        }
        #expect { try ContentCoding.ofBody("br") } throws: { ($0 as? GraftError)?.status == 415 }
        #expect { try ContentCoding.ofBody("gzip, gzip") } throws: { ($0 as? GraftError)?.status == 415 }
        #expect(try ContentCoding.ofBody("identity") == nil)
        #expect(ContentCoding.accepted("br;q=1, deflate;q=0, gzip;q=0.5") == .gzip)
        #expect(ContentCoding.accepted("identity") == nil)
    }

    @Test func multipart() throws {
        let boundary = try #require(
            Multipart.boundary(of: "multipart/form-data; boundary=\"a b\"") == nil
                ? Multipart.boundary(of: "Multipart/Form-Data; charset=x; boundary=xyz") : nil)
        let form =
            "--xyz\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a \\\"b\\\".jpg\"\r\nContent-Type: image/jpeg\r\n\r\none\r\ntwo\r\n--xyz\r\nContent-Disposition: form-data; name=g\r\n\r\n\r\n--xyz--\r\n"
        let parts = try Multipart.read(Array(form.utf8)[...], boundary: boundary)
        #expect(parts.map(\.name) == ["f", "g"])
        #expect(parts[0].fileName == "a \"b\".jpg" && parts[1].fileName == nil)
        #expect(parts.map { String(decoding: $0.content, as: UTF8.self) } == ["one\r\ntwo", ""])
        for broken in [
            "", "--xyz", "--xyz\r\n", "--xyzz\r\n\r\n", String(form.dropLast(6)),
            "--xyz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xyz--",
            "--xyz\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--xyz--",
            "--xyz\r\nnothing\r\n\r\nx\r\n--xyz--", "--xyz\r\n\r\nx\r\n--xyz--",
        ] {
            #expect(throws: GraftError.self, "\(broken)") {
                try Multipart.read(Array(broken.utf8)[...], boundary: boundary)
            }
        }
    }
}
