package import Zoo

/// A model as the server needs it: it blocks the thread that asks, which is one of the server's own.
package protocol ServedModel: Sendable {
    var description: ModelDescription { get }

    /// - Parameters:
    ///   - picture: a picture file's content.
    ///   - name: what errors call it.
    ///   - threads: how many threads may compute. The answer does not depend on it.
    ///   - embedding: whether the pooled features are wanted too.
    func answer(
        picture: [UInt8], name: String, threads: Int, embedding: Bool
    ) throws(GraftError) -> PictureAnswer

    /// - Parameter values: a prepared picture, `[H, W, 3]`.
    func answer(values: [Float], threads: Int, embedding: Bool) throws(GraftError) -> PictureAnswer

    /// A JPEG file: the picture, and where in it the model finds a class.
    /// - Parameter label: the class; nil for the most probable one.
    /// - Throws: `GraftError.badRequest` for a model that cannot say.
    func map(of picture: [UInt8], name: String, label: Int?) throws(GraftError) -> [UInt8]
}

/// What a model says of itself.
package struct ModelDescription: Sendable, Equatable {
    /// What its outputs mean.
    package enum Task: String, Sendable {
        /// One of the classes: probabilities add up to one.
        case singleLabel = "single_label"
        /// Any number of the classes, each with a probability of its own.
        case multiLabel = "multi_label"
        /// Numbers, with a name each.
        case regression

        /// The protocol's word for what a model file says.
        package init(_ task: ModelTask) {
            switch task {
            case .classification: self = .singleLabel
            case .multilabel: self = .multiLabel
            case .regression: self = .regression
            }
        }
    }

    /// The name in addresses.
    package var name: String
    /// In the order of the probabilities.
    package var classes: [String]
    /// Height and width of the prepared picture.
    package var height: Int
    package var width: Int
    /// How many logits there are.
    package var logits: Int
    /// How many pooled features there are.
    package var features: Int
    package var task: Task
    /// For labels: from which probability on each is told; empty for one half.
    package var thresholds: [Double] = []
    /// Whether it can say where in a picture it finds a class.
    package var explains = false
    package var sha256: String
    /// The backbone's name.
    package var backbone: String

    package init(
        name: String, classes: [String], height: Int, width: Int, logits: Int, features: Int,
        task: Task = .singleLabel, sha256: String, backbone: String
    ) {
        self.name = name
        self.classes = classes
        self.height = height
        self.width = width
        self.logits = logits
        self.features = features
        self.task = task
        self.sha256 = sha256
        self.backbone = backbone
    }
}

/// What a model says of one picture.
package struct PictureAnswer: Sendable {
    package var logits: [Float]
    /// One a class.
    package var probabilities: [Double]
    /// Empty unless asked for.
    package var embedding: [Float]
    /// Whether the picture is none of the classes; nil for a model that cannot tell.
    package var isStranger: Bool?
    package var times: StageTimes

    package init(
        logits: [Float], probabilities: [Double], embedding: [Float] = [], isStranger: Bool? = nil,
        times: StageTimes = StageTimes()
    ) {
        self.isStranger = isStranger
        self.logits = logits
        self.probabilities = probabilities
        self.embedding = embedding
        self.times = times
    }
}

/// Where the time of a picture went.
package struct StageTimes: Sendable, Equatable {
    package var decode = Duration.zero
    package var resize = Duration.zero
    package var run = Duration.zero

    package init() {}
}

/// Models in the protocol's words.
extension ModelDescription {
    /// The only version that there is.
    static let version = "1"

    /// Whether a name can stand in an address: clients send `/` as it is.
    package static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && name != "." && name != ".." && name != "stats"
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || [0x2D, 0x2E, 0x5F].contains(byte)
            }
    }

    /// A name for a file or a pretrained entry, of letters, digits, `-`, `.` and `_`.
    package static func name(for reference: String) -> String {
        var last = reference
        if let slash = reference.lastIndex(of: "/"),
            [".npz", ".pth", ".safetensors"].contains(where: reference.hasSuffix)
        {
            last = String(reference[reference.index(after: slash)...])
        }
        for ending in [".npz", ".pth", ".safetensors"] where last.hasSuffix(ending) { last.removeLast(ending.count) }
        let name = String(last.prefix(100).map { isName(String($0)) || $0 == "." ? $0 : "-" })
        return isName(name) ? name : "model"
    }

    /// The output that is meant where none is named: one number a class, label or value.
    var answersName: String { task == .regression ? "values" : "probabilities" }

    private var inputs: [(name: String, datatype: String, shape: [Int])] {
        [("image", "BYTES", [-1]), ("input", "FP32", [-1, height, width, 3])]
    }

    private var outputs: [(name: String, shape: [Int])] {
        [(answersName, [-1, classes.count]), ("logits", [-1, logits]), ("embedding", [-1, features])]
    }

    /// `GET v2/models/M`.
    var metadata: JSONValue {
        [
            "name": .string(name), "versions": [.string(Self.version)], "platform": "graft",
            "inputs": .array(
                inputs.map {
                    [
                        "name": .string($0.name), "datatype": .string($0.datatype),
                        "shape": .array($0.shape.map { JSONValue($0) }),
                    ]
                }),
            "outputs": .array(
                outputs.map {
                    ["name": .string($0.name), "datatype": "FP32", "shape": .array($0.shape.map { JSONValue($0) })]
                }),
            "parameters": [
                "classes": .array(classes.map(JSONValue.string)), "sha256": .string(sha256),
                "backbone": .string(backbone), "task": .string(task.rawValue),
            ],
        ]
    }

    /// `GET v2/models/M/config`, as Triton writes it.
    var configuration: JSONValue {
        func parameter(_ text: String) -> JSONValue { ["string_value": .string(text)] }
        return [
            "name": .string(name), "platform": "graft", "backend": "graft", "max_batch_size": 0,
            "input": .array(
                inputs.map {
                    [
                        "name": .string($0.name), "data_type": $0.datatype == "BYTES" ? "TYPE_STRING" : "TYPE_FP32",
                        "dims": .array($0.shape.map { JSONValue($0) }), "optional": true,
                    ]
                }),
            "output": .array(
                outputs.map {
                    [
                        "name": .string($0.name), "data_type": "TYPE_FP32",
                        "dims": .array($0.shape.map { JSONValue($0) }),
                    ]
                }),
            "parameters": [
                "sha256": parameter(sha256), "backbone": parameter(backbone), "task": parameter(task.rawValue),
            ],
        ]
    }
}
