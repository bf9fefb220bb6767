/// A JSON object whose keys are written out where it is made: scripts rely on them, so no name in Swift stands for one.
///
/// A member that is nil is left out.
struct JSONDocument: Encodable, ExpressibleByDictionaryLiteral {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }

        init?(stringValue: String) { self.init(stringValue) }

        init?(intValue: Int) { nil }
    }

    private var members: [(name: String, value: any Encodable)]

    init(dictionaryLiteral members: (String, (any Encodable)?)...) {
        self.members = members.compactMap { name, value in value.map { (name, $0) } }
    }

    /// The same with more members.
    func adding(_ other: JSONDocument) -> JSONDocument {
        var document = self
        document.members += other.members
        return document
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        for (name, value) in members { try container.encode(value, forKey: Name(name)) }
    }
}
