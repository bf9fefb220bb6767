package import Zoo

/// A request that has arrived whole.
package struct ServerRequest: Sendable {
    package let method: String
    /// The path as it was sent, without the query.
    package let path: String
    /// Decoded; of a name that occurs twice the first one.
    package let query: [String: String]
    /// By lower-case name; several of one name are joined with commas.
    package let headers: [String: String]
    package let body: [UInt8]
    /// Names the request in the log and in the answer.
    package let id: String

    package init(
        method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:],
        body: [UInt8] = [], id: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.id = id
    }
}

/// An answer.
package struct ServerResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    package init(_ document: JSONValue, status: Int = 200) {
        self.init(status: status, headers: [("content-type", "application/json")], body: document.bytes)
    }

    /// `{"error": "..."}`.
    package init(_ error: GraftError) {
        self.init(["error": .string(error.answer)], status: error.status)
        switch error.code {
        case .busy, .outOfMemory: headers.append(("retry-after", "1"))
        case .unauthorized: headers.append(("www-authenticate", "Bearer"))
        case .method: if let allowed = error.context.expected { headers.append(("allow", allowed)) }
        default: break
        }
    }
}

/// Percent-encoding.
package enum URLText {
    /// Nil for what is cut off, no hexadecimal number or no UTF-8.
    package static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }

    /// The path, and the query's names and values. Nil for a target that is no path of this server.
    package static func split(_ target: String) -> (path: String, query: [String: String])? {
        guard target.utf8.first == UInt8(ascii: "/") else { return nil }
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        for item in (pieces.count > 1 ? pieces[1] : "").split(separator: "&").prefix(64) {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(pair[0], plusIsSpace: true),
                let value = decode(pair.count > 1 ? pair[1] : "", plusIsSpace: true)
            else { return nil }
            if query[name] == nil { query[name] = value }
        }
        return (String(pieces[0]), query)
    }
}
