package import Zoo

/// Who may ask, by a request's headers.
package struct AccessRules: Sendable {
    /// Names under which this server may be asked for, without ports, in lower case. Empty: under any.
    ///
    /// A page of a foreign site can have its own name point here (DNS rebinding), but cannot change the Host that the
    /// browser sends.
    package var hosts: Set<String>
    /// What `Authorization: Bearer` must say; nil for anything.
    package var token: String?
    /// Other sites whose pages may ask: `https://example.org`.
    package var origins: Set<String>

    package init(hosts: Set<String> = AccessRules.local, token: String? = nil, origins: Set<String> = []) {
        self.hosts = hosts
        self.token = token
        self.origins = origins
    }

    /// This machine's names for itself.
    package static let local: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// - Throws: `GraftError.forbidden`, `GraftError.unauthorized`.
    package func check(_ headers: [String: String], method: String, route: Route) throws(GraftError) {
        let host = headers["host"]?.lowercased() ?? ""
        guard hosts.isEmpty || hosts.contains(Self.name(of: host)) else {
            throw GraftError(
                .forbidden, "this server is not known under that host name", remedy: "start it with --allow-host")
        }
        if let origin = headers["origin"] {
            let isOwn = origin.lowercased() == "http://\(host)" || origin.lowercased() == "https://\(host)"
            guard isOwn || origins.contains(origin) || method == "GET" || method == "HEAD" else {
                throw GraftError(
                    .forbidden, "a page of another site asks", remedy: "start the server with --allow-origin")
            }
        }
        if case .learn(let action) = route, action.method == "POST", headers["x-graft"] == nil {
            throw GraftError(.forbidden, "a change without the header X-Graft")
        }
        if let token, !route.isOpen {
            let given = headers["authorization"] ?? ""
            guard Self.isEqual(Array(given.utf8), Array("Bearer \(token)".utf8)) else {
                throw GraftError(
                    .unauthorized, "the token is missing or wrong", remedy: "send Authorization: Bearer TOKEN")
            }
        }
    }

    /// Without the port.
    private static func name(of host: String) -> String {
        if host.hasPrefix("[") { return host.firstIndex(of: "]").map { String(host[...$0]) } ?? host }
        return host.firstIndex(of: ":").map { String(host[..<$0]) } ?? host
    }

    /// Takes as long for a wrong first letter as for a wrong last one: the time depends on the lengths alone.
    package static func isEqual(_ given: [UInt8], _ expected: [UInt8]) -> Bool {
        var difference = given.count ^ expected.count
        for (index, byte) in expected.enumerated() {
            difference |= Int(byte ^ (index < given.count ? given[index] : ~byte))
        }
        return difference == 0
    }

    /// What every answer says to browsers.
    func headers(origin: String?) -> [(name: String, value: String)] {
        var headers = [
            (
                name: "content-security-policy",
                value: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
                    + "connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
                    + "frame-ancestors 'none'"
            ),
            ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"), ("x-frame-options", "DENY"),
        ]
        if let origin, origins.contains(origin) {
            headers.append(("access-control-allow-origin", origin))
            headers.append(("vary", "origin"))
        }
        return headers
    }
}
