package import Zoo

/// A form of several pictures (RFC 7578), read from a whole body.
package enum Multipart {
    /// One field of the form.
    package struct Part: Sendable, Equatable {
        /// The field's name.
        package let name: String
        /// The file's name as the client says; it names the picture in answers, and never a file.
        package let fileName: String?
        package let content: ArraySlice<UInt8>
    }

    /// The most fields of a form.
    package static let mostParts = 1024
    private static let mostHeaderBytes = 4096

    /// The boundary that a Content-Type names; nil for another type, or a boundary that is none.
    package static func boundary(of contentType: String) -> [UInt8]? {
        let fields = parameters(of: contentType)
        guard fields.value.lowercased() == "multipart/form-data", let boundary = fields["boundary"],
            (1...70).contains(boundary.utf8.count),
            boundary.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return Array(boundary.utf8)
    }

    /// - Throws: `GraftError.badRequest` for a form that does not begin or end, or with more parts than allowed.
    package static func read(_ body: ArraySlice<UInt8>, boundary: [UInt8]) throws(GraftError) -> [Part] {
        let mark = Array("--".utf8) + boundary
        guard body.starts(with: mark) else { throw fault("its first boundary is missing") }
        var rest = body.dropFirst(mark.count)
        let next = Array("\r\n".utf8) + mark
        var parts: [Part] = []
        while !rest.starts(with: "--".utf8) {
            guard rest.starts(with: "\r\n".utf8) else { throw fault("a boundary is followed by something else") }
            rest = rest.dropFirst(2)
            guard let end = rest.first(next) else { throw fault("its last boundary is missing") }
            guard parts.count < mostParts else { throw fault("more than \(mostParts) parts") }
            parts.append(try part(rest[rest.startIndex..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return parts
    }

    private static func fault(_ what: String) -> GraftError { GraftError(.badRequest, "bad multipart form: \(what)") }

    private static func part(_ bytes: ArraySlice<UInt8>) throws(GraftError) -> Part {
        let separator = Array("\r\n\r\n".utf8)
        let head: ArraySlice<UInt8>, content: ArraySlice<UInt8>
        if bytes.starts(with: "\r\n".utf8) {
            (head, content) = ([], bytes.dropFirst(2))
        } else if let end = bytes.prefix(mostHeaderBytes).first(separator) {
            (head, content) = (bytes[..<end.lowerBound], bytes[end.upperBound...])
        } else {
            throw fault("a part's headers do not end")
        }
        guard let text = String(validating: head, as: UTF8.self) else { throw fault("a part's headers are not UTF-8") }
        var name: String?, fileName: String?
        for line in text.split(separator: "\r\n", omittingEmptySubsequences: true) {
            guard let colon = line.firstIndex(of: ":") else { throw fault("a part's header without ':'") }
            guard line[..<colon].lowercased() == "content-disposition" else { continue }
            let fields = parameters(of: String(line[line.index(after: colon)...]))
            guard fields.value.lowercased() == "form-data" else { throw fault("a part that is no form-data") }
            name = fields["name"]
            fileName = fields["filename"]
        }
        guard let name else { throw fault("a part without a name") }
        return Part(name: name, fileName: fileName, content: content)
    }

    /// `value; name=token; name="quoted"`, as browsers and curl write it: `\"` or `%22` for a quotation mark.
    private static func parameters(of header: String) -> HeaderFields {
        var pieces: [String] = [""]
        var quoted = false, escaped = false
        for character in header {
            if escaped {
                if character != "\"" { pieces[pieces.count - 1].append("\\") }
                pieces[pieces.count - 1].append(character)
                escaped = false
            } else if quoted, character == "\\" {
                escaped = true
            } else if character == "\"" {
                quoted.toggle()
            } else if !quoted, character == ";" {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        let value = pieces.removeFirst()
        var fields: [String: String] = [:]
        for piece in pieces.prefix(16) {
            guard let equals = piece.firstIndex(of: "=") else { continue }
            let name = piece[..<equals].trimmingSpaces.lowercased()
            if fields[name] == nil { fields[name] = String(piece[piece.index(after: equals)...].trimmingSpaces) }
        }
        return HeaderFields(value: String(value[...].trimmingSpaces), fields: fields)
    }

    private struct HeaderFields {
        let value: String
        let fields: [String: String]
        subscript(name: String) -> String? { fields[name] }
    }
}

extension ArraySlice<UInt8> {
    /// Where these bytes are for the first time.
    fileprivate func first(_ wanted: [UInt8]) -> Range<Int>? {
        guard let head = wanted.first else { return nil }
        var rest = self
        while let start = rest.firstIndex(of: head) {
            rest = rest[start...]
            if rest.starts(with: wanted) { return start..<start + wanted.count }
            rest = rest.dropFirst()
        }
        return nil
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    var trimmingSpaces: Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
